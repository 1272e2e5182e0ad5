import { inOrder } from '../in-order.js';
import { lastDayIndex, type LocalDay, localDay, usualMoment } from '../local-day.js';
import { SeededRandom } from '../seeded-random.js';
import { type Channel, someChannel, type Video, videoOf } from './catalogue.js';
import { Life } from './life.js';
import type { Persona } from './personas.js';

const DAY_MS = 86_400_000;

/** A video that somebody began to watch, with its time in ms since the epoch. */
export interface Watch {
  readonly at: number;
  readonly video: Video;
  /** `removed`: the video is gone. `private`: only its address is left. `ad`: it was an advertisement. */
  readonly is: 'watched' | 'music' | 'removed' | 'private' | 'ad';
}

/**
 * Everything a persona watched up to `until`, oldest first, generated day by day from seeds: what is liked was watched a
 * few minutes before, everything else is seen by nobody but the archive. A later history only adds to it.
 */
export function* watchedUntil(persona: Persona, until: number): Generator<Watch> {
  if (persona.watching === null) return;
  for (const watch of inOrder(days(persona, persona.watching, until))) if (watch.at <= until) yield watch;
}

function* days(persona: Persona, watching: NonNullable<Persona['watching']>, until: number) {
  const likes = likedBy(persona, until);
  for (let index = 0; index <= lastDayIndex(watching.since, until); index += 1) {
    const day = localDay(persona, watching.since, index);
    const end = localDay(persona, watching.since, index + 1).startsAt;
    yield { startsAt: day.startsAt, told: [...watchedOn(persona, watching, day), ...likes(end)] };
  }
}

/** The watching of what was liked before a moment and was not asked for yet. */
function likedBy(persona: Persona, until: number) {
  const liked = new Life(persona)
    .until(until + DAY_MS)
    .flatMap((deed): Watch[] => {
      if (deed.kind !== 'like') return [];
      const random = new SeededRandom(`liked/${persona.id}/${deed.video.id}`);
      return [{ at: deed.at - random.between(60_000, 900_000), video: deed.video, is: 'watched' }];
    })
    .sort((a, b) => a.at - b.at);
  return (end: number): readonly Watch[] => {
    const later = liked.findIndex(({ at }) => at >= end);
    return liked.splice(0, later === -1 ? liked.length : later);
  };
}

/** A sitting begins somewhere and then often stays with the same channel. */
function watchedOn(persona: Persona, { sittings, videos }: NonNullable<Persona['watching']>, day: LocalDay): Watch[] {
  const random = new SeededRandom(`watches/${persona.id}/${day.date}`);
  const watches: Watch[] = [];
  for (let left = random.between(...sittings); left > 0; left -= 1) {
    let at = usualMoment(persona, day, random);
    let channel = someChannel(persona.topics, random);
    for (let more = random.between(...videos); more > 0; more -= 1) {
      if (random.chance(0.6)) channel = someChannel(persona.topics, random);
      const video = videoOf(channel, random.between(1, 80), at);
      if (random.chance(0.06)) {
        watches.push({ at: at - random.between(5_000, 20_000), video: advertised(random), is: 'ad' });
      }
      watches.push({ at, video, is: kindOf(channel, random) });
      at += random.between(90_000, 1_500_000);
    }
  }
  return watches;
}

function kindOf({ topic }: Channel, random: SeededRandom): Watch['is'] {
  const gone = random.next();
  if (gone < 0.02) return 'removed';
  if (gone < 0.03) return 'private';
  return (topic === 'jazz' || topic === 'folk') && random.chance(0.3) ? 'music' : 'watched';
}

function advertised(random: SeededRandom): Video {
  const at = Date.UTC(2022, 0, 1);
  return videoOf(someChannel(['cooking', 'travel'], random), random.between(81, 90), at);
}
