import { fresh } from '../fresh.js';
import { lastDayIndex, type LocalDay, localDay, usualMoment } from '../local-day.js';
import { SeededRandom } from '../seeded-random.js';
import { type ForeignRepository, someRepository } from './catalogue.js';
import { changeTitle } from './commits.js';
import { hexId, numericId } from './github-id.js';
import type { Persona } from './persona.js';

const DAY_MS = 86_400_000;

/** A repository starred. */
export interface Star {
  readonly kind: 'star';
  readonly at: number;
  readonly repository: ForeignRepository;
}

/** An issue or pull request opened in somebody else's repository. */
export interface Contribution {
  readonly kind: 'contribution';
  readonly at: number;
  readonly id: number;
  readonly number: number;
  readonly repository: ForeignRepository;
  readonly title: string;
  readonly pullRequest: boolean;
  /** Null where it stays open. */
  readonly closesAt: number | null;
  readonly comments: number;
}

/** A gist with one file. */
export interface Gist {
  readonly kind: 'gist';
  readonly at: number;
  readonly id: string;
  readonly file: string;
  readonly title: string;
  readonly public: boolean;
}

/** What a persona does besides committing. */
export type Act = Star | Contribution | Gist;

/** Everything a persona did besides committing, generated day by day from seeds; later days only add to it. */
export class Life {
  private readonly starred = new Set<number>();
  private soFar: readonly Act[] = [];
  private daysTold = 0;

  constructor(private readonly persona: Persona) {}

  /** All acts up to `now`, oldest first. */
  acts(now: number): readonly Act[] {
    const { since } = this.persona;
    const added: Act[] = [];
    for (; this.daysTold <= lastDayIndex(since, now); this.daysTold += 1) {
      added.push(...this.actsOn(localDay(this.persona, since, this.daysTold)));
    }
    if (added.length > 0) this.soFar = [...this.soFar, ...added].sort((a, b) => a.at - b.at);
    return this.soFar.filter(({ at }) => at <= now);
  }

  private starsOn(day: LocalDay, random: SeededRandom): number {
    const { habits, firstStars = 0 } = this.persona;
    if (day.index === 0) return firstStars;
    return random.chance(habits.star) ? random.between(1, 2) : 0;
  }

  private actsOn(day: LocalDay): readonly Act[] {
    const { habits } = this.persona;
    const random = new SeededRandom(`github/acts/${this.persona.id}/${day.date}`);
    const acts: Act[] = [];
    for (let left = this.starsOn(day, random); left > 0; left -= 1) {
      const repository = fresh(this.starred, () => this.repository(random));
      if (repository) acts.push({ kind: 'star', at: usualMoment(this.persona, day, random), repository });
    }
    if (random.chance(day.weekend ? habits.contribute.weekend : habits.contribute.weekday)) {
      const count = random.between(1, 2);
      for (let index = 0; index < count; index += 1) acts.push(this.contribution(random, day, index));
    }
    if (random.chance(habits.gist)) acts.push(this.gist(random, day));
    return acts;
  }

  private contribution(random: SeededRandom, day: LocalDay, index: number): Contribution {
    const at = usualMoment(this.persona, day, random);
    return {
      kind: 'contribution',
      at,
      id: numericId('issue', `${this.persona.id}/${day.date}/${index}`),
      number: 1_000 + day.index * 2 + index,
      repository: this.repository(random),
      title: changeTitle(random),
      pullRequest: random.chance(this.persona.habits.pullRequestShare),
      closesAt: random.chance(0.75) ? at + Math.ceil(random.next() ** 2 * 90 * DAY_MS) : null,
      comments: random.between(0, 9),
    };
  }

  private gist(random: SeededRandom, day: LocalDay): Gist {
    const title = changeTitle(random);
    return {
      kind: 'gist',
      at: usualMoment(this.persona, day, random),
      id: hexId('gist', `${this.persona.id}/${day.date}`, 32),
      file: `${title.split(' ').slice(-2).join('_')}.${this.persona.gistLanguage.extension}`,
      title,
      public: random.chance(0.7),
    };
  }

  /** The favourite languages first, each half as likely again as the next. */
  private repository(random: SeededRandom): ForeignRepository {
    const { interests } = this.persona;
    const language = interests[random.weighted(interests.map((_, index) => 1 / (1.5 * index + 1)))] ?? 'Rust';
    return someRepository(random, language);
  }
}
