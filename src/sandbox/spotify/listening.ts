import { type LocalDay, usualMoment } from '../local-day.js';
import { SeededRandom } from '../seeded-random.js';
import type { Album, Track } from './catalog.js';
import type { Persona } from './persona.js';
import type { TasteMemory } from './taste-memory.js';

/** One track played to its end. */
export interface Play {
  readonly at: number;
  readonly track: Track;
  /** The album it was played from, or null for a track picked on its own. */
  readonly from: Album | null;
}

/** What a persona plays on one day. It depends on nothing but the persona and the day. */
export function playsOn(persona: Persona, taste: TasteMemory, day: LocalDay): readonly Play[] {
  const random = new SeededRandom(`plays/${persona.id}/${day.date}`);
  const lengths = sessionLengths(persona, day, random);
  const starts = lengths.map(() => usualMoment(persona, day, random)).sort((a, b) => a - b);
  const plays: Play[] = [];
  let free = 0;
  lengths.forEach((length, session) => {
    let at = Math.max(free, starts[session] ?? 0);
    while (length > 0) {
      const played = random.chance(0.35) ? albumInARow(taste, day, random, length) : [taste.track(random, day.index)];
      for (const track of played) {
        at += track.durationMs + random.between(200, 9_000);
        plays.push({ at, track, from: played.length > 1 ? track.album : null });
      }
      length -= played.length;
    }
    free = at;
  });
  return plays;
}

function sessionLengths(persona: Persona, day: LocalDay, random: SeededRandom): readonly number[] {
  if (persona.firstDays) {
    const plays = persona.firstDays[day.index]?.plays ?? 0;
    return plays > 0 ? [plays] : [];
  }
  const { sessions, playsPerSession } = persona.habits;
  const count = Math.round(random.between(...sessions) * (day.weekend ? persona.weekendFactor : 1));
  return Array.from({ length: count }, () => random.between(...playsPerSession));
}

function albumInARow(taste: TasteMemory, day: LocalDay, random: SeededRandom, atMost: number): readonly Track[] {
  return random.pick(taste.artist(random, day.index).albums).tracks.slice(0, Math.min(atMost, random.between(3, 8)));
}
