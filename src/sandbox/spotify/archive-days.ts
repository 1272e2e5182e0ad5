import { inOrder } from '../in-order.js';
import { lastDayIndex, type LocalDay, localDay } from '../local-day.js';
import { SeededRandom } from '../seeded-random.js';
import { asidesBefore } from './asides.js';
import type { Life } from './life.js';
import type { Listened } from './listened.js';
import type { Play } from './listening.js';
import type { Persona } from './persona.js';
import type { Episode } from './podcasts.js';

const DAY_MS = 86_400_000;
/** A pause after which somebody sits down to listen anew. */
const SITTING_MS = 10 * 60_000;
const LONG_PAUSE_MS = 45 * 60_000;

const PLATFORMS = [
  'OS X 14.5.0 [arm 2]',
  'Windows 10 (10.0.19045; x64; AppX)',
  'Android OS 13 API 33 (Google, Pixel 7)',
  'iOS 17.5.1 (iPhone15,2)',
  'web_player linux undefined;chrome 124.0.0.0;desktop',
];

/**
 * Everything a persona listened to up to `until`, in the order of its ends, with every kind of row but duplicates. What
 * is told of a day depends on the persona and the day alone, so a later archive begins with the same rows.
 */
export function* listenedUntil(life: Life, until: number): Generator<Listened> {
  for (const one of inOrder(days(life, until))) if (one.at <= until) yield one;
}

function* days(life: Life, until: number) {
  const { persona, since } = life;
  const episodes = savedEpisodes(life, until);
  for (let index = life.firstListened; index <= lastDayIndex(since, until); index += 1) {
    const day = localDay(persona, since, index);
    yield { startsAt: day.startsAt, told: listenedOn(persona, day, life.playsOfDay(index), episodes(day)) };
  }
}

/** The episodes saved on a day; those of the last day as a whole, for what is told of it must not change. */
function savedEpisodes(life: Life, until: number) {
  const left = life
    .collected(until + 3 * DAY_MS)
    .flatMap((saved) => (saved.kind === 'episode' ? [{ at: saved.at, episode: saved.value }] : []));
  return ({ index }: LocalDay) => {
    const end = localDay(life.persona, life.since, index + 1).startsAt;
    const later = left.findIndex(({ at }) => at >= end);
    return left.splice(0, later === -1 ? left.length : later);
  };
}

function listenedOn(
  persona: Persona,
  day: LocalDay,
  plays: readonly Play[],
  episodes: readonly { readonly at: number; readonly episode: Episode }[],
): readonly Listened[] {
  const random = new SeededRandom(`archive/${persona.id}/${day.date}`);
  const device = { platform: random.pick(PLATFORMS), address: `203.0.113.${random.between(1, 254)}` };
  const told: Listened[] = [];
  let shuffle = false;
  let freeSince = -Infinity;
  for (const play of plays) {
    const startsAt = play.at - play.track.durationMs;
    const sitting = startsAt - freeSince >= SITTING_MS;
    if (sitting) {
      shuffle = random.chance(0.3);
      const asides = asidesBefore(startsAt, play.track, startsAt - freeSince >= LONG_PAUSE_MS, random);
      told.push(...asides.map((aside) => ({ ...aside, shuffle, device })));
    }
    const offline = random.chance(0.03);
    told.push({
      is: offline && random.chance(0.3) ? 'offline-in-ms' : 'play',
      at: play.at,
      msPlayed: play.track.durationMs,
      what: { track: play.track },
      why: { start: sitting ? 'clickrow' : 'trackdone', end: 'trackdone' },
      shuffle: shuffle && play.from === null,
      offline,
      device,
    });
    freeSince = play.at;
  }
  for (const { at, episode } of episodes) told.push(podcast(at, episode, plays, random, device));
  return told;
}

/** A saved episode is listened to in the first pause in the music that is long enough; a third of them not to the end. */
function podcast(
  savedAt: number,
  episode: Episode,
  plays: readonly Play[],
  random: SeededRandom,
  device: Listened['device'],
): Listened {
  const whole = random.chance(0.67);
  const msPlayed = whole ? episode.durationMs : Math.floor((episode.durationMs * random.between(10, 80)) / 100);
  let startsAt = savedAt + random.between(20_000, 120_000);
  for (const { at, track } of plays) {
    if (at > startsAt && at - track.durationMs < startsAt + msPlayed) startsAt = at + 5_000;
  }
  return {
    is: 'podcast',
    at: startsAt + msPlayed,
    msPlayed,
    what: { episode },
    why: { start: 'clickrow', end: whole ? 'trackdone' : 'endplay' },
    shuffle: false,
    offline: random.chance(0.2),
    device,
  };
}
