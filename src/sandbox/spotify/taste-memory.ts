import { SeededRandom } from '../seeded-random.js';
import { type Artist, artist, artistsOf, type Track } from './catalog.js';
import type { Persona } from './persona.js';

const RECENT = 40;

/** Whom a persona knows and listens to as the days go by. */
export class TasteMemory {
  /** Artists in the order of their discovery. */
  private readonly order: readonly number[];

  constructor(private readonly persona: Persona) {
    const random = new SeededRandom(`taste/${persona.id}`);
    const { genres } = persona.taste;
    this.order = genres
      .flatMap((genre, index) =>
        artistsOf(genre).map((number) => ({ number, rank: index / genres.length + random.next() * 0.7 })),
      )
      .sort((a, b) => a.rank - b.rank)
      .map(({ number }) => number);
  }

  /**
   * An artist for one act of listening on the given day of the account (0 is the first). Of the artists known at the start
   * half as many were known each year before it.
   */
  artist(random: SeededRandom, day: number): Artist {
    const { favourites, favouriteShare, knownAtStart, discoveredPerDay } = this.persona.taste;
    if (random.chance(favouriteShare)) {
      const weights = Array.from({ length: favourites }, (_, rank) => 1 / (rank + 2));
      return this.at(random.weighted(weights));
    }
    const knownBefore = Math.max(1, Math.floor(knownAtStart * 2 ** (Math.min(0, day) / 365)));
    const found = Math.floor(Math.max(0, day) * discoveredPerDay);
    const known = Math.min(this.order.length, favourites + knownBefore + found);
    const from = random.chance(0.7) ? Math.max(favourites, known - RECENT) : favourites;
    return this.at(random.between(from, known - 1));
  }

  track(random: SeededRandom, day: number): Track {
    return random.pick(random.pick(this.artist(random, day).albums).tracks);
  }

  private at(index: number): Artist {
    return artist(this.order[index] ?? 0);
  }
}
