import { lastDayIndex, localDay } from '../local-day.js';
import { Charts } from './charts.js';
import { Collection, type Collected, collectOn } from './collecting.js';
import { type Play, playsOn } from './listening.js';
import type { Persona } from './persona.js';
import { TasteMemory } from './taste-memory.js';

const DAY_MS = 86_400_000;
const WEEK_MS = 7 * DAY_MS;

/**
 * Everything a persona has ever done, generated day by day from seeds: the past is always the same, and later days only
 * add to it. Days are generated on first use and kept.
 */
export class Life {
  readonly charts = new Charts((from, to) => this.plays(from, to));
  private readonly taste: TasteMemory;
  private readonly had = new Collection();
  private collectedSoFar: readonly Collected[] = [];
  private daysCollected = 0;
  private readonly playsByDay = new Map<number, readonly Play[]>();

  constructor(
    readonly persona: Persona,
    /** First day of the account, `YYYY-MM-DD`. */
    readonly since: string,
  ) {
    this.taste = new TasteMemory(persona);
  }

  /** All that was collected up to `now`, oldest first. */
  collected(now: number): readonly Collected[] {
    const added: Collected[] = [];
    for (; this.daysCollected <= lastDayIndex(this.since, now); this.daysCollected += 1) {
      const day = localDay(this.persona, this.since, this.daysCollected);
      added.push(...collectOn(this.persona, this.taste, day, this.had));
    }
    if (added.length > 0) this.collectedSoFar = [...this.collectedSoFar, ...added].sort((a, b) => a.at - b.at);
    return this.collectedSoFar.filter(({ at }) => at <= now);
  }

  /** All plays after `from` and up to `to`, oldest first. */
  plays(from: number, to: number): readonly Play[] {
    const plays: Play[] = [];
    for (
      let index = Math.max(0, lastDayIndex(this.since, from) - 3);
      index <= lastDayIndex(this.since, to);
      index += 1
    ) {
      plays.push(...this.rememberedPlays(index));
    }
    return plays.filter(({ at }) => at > from && at <= to).sort((a, b) => a.at - b.at);
  }

  /** Index of the first day that an archive tells: negative where somebody listened before the account was made. */
  get firstListened(): number {
    const { listenedSince } = this.persona;
    return listenedSince === null ? 0 : (Date.parse(listenedSince) - Date.parse(this.since)) / DAY_MS;
  }

  /** What is played on one day in the order of the day; the API knows the days from 0 on. */
  playsOfDay(index: number): readonly Play[] {
    return playsOn(this.persona, this.taste, localDay(this.persona, this.since, index));
  }

  private rememberedPlays(index: number): readonly Play[] {
    const known = this.playsByDay.get(index);
    if (known) return known;
    const plays = this.playsOfDay(index);
    this.playsByDay.set(index, plays);
    return plays;
  }
}

/**
 * When the account was made. A newcomer's is two to nine days old at the consent, and stays that account for as long as
 * the consent lives.
 */
export function accountSince(persona: Persona, grantedAt: number): string {
  if (persona.since !== null) return persona.since;
  const week = Math.floor((grantedAt - 2 * DAY_MS) / WEEK_MS) * WEEK_MS;
  return new Date(week).toISOString().slice(0, 10);
}
