import { element } from './element.js';
import { clockTime, number } from './words.js';

const percent = (share) => `${number(share * 100)} %`;
const shareVoice = (title, says, counted, method) => ({
  title,
  counted,
  big: (facet) => percent(facet.value),
  says: () => says,
  range: ([low, high]) => `between ${percent(low)} and ${percent(high)}`,
  method,
  difference: (u) => `${number(u * 100)} percentage points`,
});
const artists = (title, says, method) => ({
  title,
  from: 'spotify',
  counted: 'artist-days',
  big: (facet) => number(facet.value),
  says: () => says,
  range: ([low, high]) => `between ${number(low)} and ${number(high)}`,
  method,
  difference: () => 'a quarter more or less',
});
const list = (title, says, entries) => ({
  title,
  statement: (facet) => [element('strong', {}, entries(facet.value).join(', '))],
  says: () => says,
});

/** The voices of the facets that need no picture of their own. */
export const MORE_VOICES = {
  'taste.effective_artists': artists(
    'How many favourites',
    'equally loved artists would be as varied as your listening, which your favourites decide.',
    'One over the chance that two of your artist-days are of the same artist (Hill 1973).',
  ),
  'taste.effective_artists.shannon': artists(
    'How many artists in all',
    'equally loved artists would be as varied as your listening, rarer ones counting too.',
    'From the entropy of your artist-days, with those added that we have not seen yet (Chao, Wang & Jost 2013).',
  ),
  'taste.concentration': {
    ...shareVoice(
      'Your ten',
      'of your artist-days belong to ten artists.',
      'artist-days',
      'The ten artists of most days, their days against all.',
    ),
    from: 'spotify',
  },
  'taste.repeat': {
    ...shareVoice(
      'How often you come back',
      'of a hundred track-days repeat a track that is among them already.',
      'track-days',
      'A track-day is a track on a day, counted once however often you pressed play (Hurlbert 1971).',
    ),
    from: 'spotify',
  },
  'taste.genre_evenness': {
    ...shareVoice(
      'How evenly you roam',
      'of the greatest evenness over all families of genres.',
      'artist-days',
      'The entropy of your artist-days over a fixed table of genre families, against the largest possible.',
    ),
    from: 'spotify',
  },
  'taste.discovery': {
    title: 'What is new',
    from: 'spotify',
    counted: 'artists of the latest 84 days',
    big: (facet) => `${number(facet.value, 1)} ×`,
    says: () => 'as many new artists lately as your past predicts; 1 is usual for you.',
    range: ([low, high]) => `between ${number(low, 1)} and ${number(high, 1)} times`,
    method:
      'New artists of the latest twelve weeks against the number that your earlier weeks let expect (Colwell 2012).',
    difference: () => 'a third more or less',
  },
  'rhythms.quiet_point': {
    title: 'When your day is quietest',
    counted: 'active hours',
    big: (facet) => clockTime(facet.value),
    says: () => 'is the low point of your day. It says nothing about sleep.',
    range: ([low, high]) => `between ${clockTime(low)} and ${clockTime(high)}`,
    method: 'The low point of your smoothed day, shown only where your hours differ more than chance would make them.',
    difference: () => 'an hour',
  },
  'rhythms.night_share': shareVoice(
    'Your nights',
    'of your active hours lie between 21:00 and 05:00. A life without a clock would have a third there.',
    'active hours',
    'An hour of a day counts once when you did anything in it.',
  ),
  'rhythms.regularity': shareVoice(
    'How alike your days are',
    'of the ups and downs of your hours follow the time of day; at 100 % every day would be like the next.',
    'active hours',
    'Interdaily stability, less what chance alone would give (Witting 1990, Van Someren 1999).',
  ),
  'rhythms.weekend_shift': {
    title: 'Your weekends',
    counted: 'active hours',
    big: (facet) => `${number(facet.value, 1)} h`,
    says: () => 'is how much later the quietest hour of your Saturdays and Sundays lies than that of your weekdays.',
    range: ([low, high]) => `between ${number(low, 1)} and ${number(high, 1)} hours`,
    method: 'The low points of both, compared along the clock.',
    difference: () => 'an hour',
  },
  'creation.share_of_days': shareVoice(
    'Days that leave something',
    'of your active days have a commit, a post or an upload.',
    'active days',
    'Days on which something of yours came into the world, against all days with any act.',
  ),
  'creation.burstiness': {
    title: 'How you work',
    from: 'github',
    counted: 'pauses between sessions',
    big: (facet) => number(facet.value, 2),
    says: () => 'from −1, as regular as a clock, over 0, at random, to 1, all at once.',
    range: ([low, high]) => `between ${number(low, 2)} and ${number(high, 2)}`,
    method: 'How uneven the pauses between your sessions are, the change of day and night included (Kim & Jo 2016).',
    difference: (u) => number(u, 2),
  },
  'connection.organiser': shareVoice(
    'Who calls the meeting',
    'of the meetings with others were yours to call.',
    'meetings',
    'A series counts once, however often it meets.',
  ),
  'change.drift': {
    title: 'Whether your taste is moving',
    from: 'spotify',
    counted: 'artist-days',
    big: (facet) => number(facet.value, 2),
    says: (facet) =>
      `bits beyond what chance divides any year by. Chance alone would do as much in ${percent(facet.p)} of cases.`,
    range: ([low, high]) => `between ${number(low, 2)} and ${number(high, 2)}`,
    method: 'The latest 24 weeks against the 24 before, and against all 462 ways to halve the same weeks (Lin 1991).',
    difference: (u) => number(u, 2),
  },
  'interests.salience': list('What it is about', 'is what most of your sources here are about.', ({ themes }) =>
    themes.slice(0, 5).map(({ label, share }) => `${label} ${percent(share)}`),
  ),
  'interests.resonance': list('What runs through', 'shows on more than one of your platforms.', ({ themes }) =>
    themes.slice(0, 5).map(({ label }) => label),
  ),
  'interests.words': list('Words of this place', 'stand in more of your titles here than elsewhere.', ({ words }) =>
    words.slice(0, 8).map(({ word }) => word),
  ),
};
