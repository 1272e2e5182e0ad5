const list = (words: string): readonly string[] => words.trim().split(/\s+/);

/** Words from which invented artists, titles and shows are put together. */
export const FIRST_NAMES = list(
  `Ilka Torben Sunniva Marlo Odile Benedek Yarrow Cosima Leander Pilar Anselm Tindra Rufino Elowen Kasimir Wren Oriel
  Mattis Saoirse Davor Ingrith Halvor Nerys Quillon Amadou Zelda Perpetua Joris Linnea Tariq Ottoline Bram`,
);

/** Invented surnames: none of them should belong to a known musician. */
export const SURNAMES = list(
  `Vennholt Marrowend Tidesley Quarrish Ossenbrook Fennimarsh Dellacroft Ravnskov Harrowick Zelnikova Brambledon Kestrow
  Lindqvarn Thornaby Umberlow Pellinsky Caskadell Wexenhall Morabanda Sandrigar Gellhorst Ipswold Nattingale Orsolenko
  Varkenray Dunmarrow Eskholme Foxentide Kirrabane Lowenmoor Mistrovic Oakenshade Penhallick Rookensby Silverane
  Tarnowell Uskerfield Wintermoss Yarborne Zephyrell`,
);

export const ADJECTIVES = list(
  `Gilded Sleepless Borrowed Lowland Paper Amber Sidelong Tidal Woollen Crooked Hollow Velvet Northern Quiet Rusted Salted
  Feral Glass Humid Ivory Jagged Kindled Lunar Marbled Nimble Opal Patient Quartz Ragged Slow Tender Upland Vivid Weathered
  Drifting Pale Copper Distant Electric Folded`,
);

export const NOUNS = list(
  `Lantern Orchard Rower Cartographer Meadow Signal Harbour Staircase Kettle Sextant Thicket Veranda Almanac Beacon
  Cellar Dovecote Lagoon Furnace Gardener Heron Inkwell Juniper Keyhole Lighthouse Mirror Needle Planetarium Pavilion
  Mill Reservoir Saddle Terrace Umbrella Viaduct Windmill Archive Bramble Chimney Drawbridge Ember`,
);

export const MOMENTS = list(
  `Midnight Sunday January Dawn Harvest Rain Snowfall Departure Noon Tuesday Solstice Homecoming Dusk August Fog Thaw
  Payday Moonrise Curfew Springtide`,
);

export const SHOW_TOPICS = list(
  `Trains Bread Cities Oceans Maps Bridges Gardens Clocks Markets Rivers Chess Coffee Radio Deserts Libraries Bicycles
  Weather Islands Typefaces Tunnels`,
);
