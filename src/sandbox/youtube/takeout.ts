import { jsonArray } from '../json-text.js';
import type { ArchiveEntry, StandInArchive } from '../stand-in.js';
import { Life } from './life.js';
import { type Persona, PERSONAS } from './personas.js';
import { TAKEOUT_WORDS } from './takeout-words.js';
import { type Watch, watchedUntil } from './watching.js';

/** What Google's Takeout sends to those who ask for their YouTube data as JSON. */
export const ARCHIVES: readonly StandInArchive[] = [
  {
    file: 'takeout.zip',
    title: 'watch history and subscriptions',
    entries: (id, now) => {
      const persona = PERSONAS.find((one) => one.id === id);
      if (persona === undefined) throw new RangeError(`Nobody is called ${id}`);
      return takeoutArchive(persona, now);
    },
  },
];

/** The rows of a persona's watch history up to `until` (ms since the epoch), newest first, in the persona's language. */
export function youtubeHistoryRows(persona: Persona, until: number): readonly object[] {
  return [...watchedUntil(persona, until)].toReversed().map((watch) => historyRow(watch, persona));
}

/** The subscriptions as of a moment: a table by channel, without times, its header in the persona's language. */
export function youtubeSubscriptionsCsv(persona: Persona, until: number): string {
  const lines = new Life(persona)
    .until(until)
    .flatMap((deed) => (deed.kind === 'subscription' ? [deed.channel] : []))
    .map(({ id, title }) => `${id},http://www.youtube.com/channel/${id},${title}`)
    .sort();
  return [TAKEOUT_WORDS[persona.language].subscriptionsHeader, ...lines, ''].join('\n');
}

function* takeoutArchive(persona: Persona, until: number): Generator<ArchiveEntry> {
  const words = TAKEOUT_WORDS[persona.language];
  const folder = `Takeout/${words.product}`;
  yield {
    name: `${folder}/${words.history}/${words.watchHistory}.json`,
    text: jsonArray(youtubeHistoryRows(persona, until)),
  };
  yield {
    name: `${folder}/${words.subscriptions}/${words.subscriptions}.csv`,
    text: [youtubeSubscriptionsCsv(persona, until)],
  };
}

function historyRow({ at, video, is }: Watch, { language }: Persona): object {
  const words = TAKEOUT_WORDS[language];
  const address = `https://www.youtube.com/watch?v=${video.id}`;
  const { id, title } = video.channel;
  const shown = is === 'private' ? address : video.title;
  return {
    header: is === 'music' ? 'YouTube Music' : 'YouTube',
    title: is === 'removed' ? words.removed : words.watched(shown),
    ...(is !== 'removed' && { titleUrl: address }),
    ...((is === 'watched' || is === 'music') && {
      subtitles: [{ name: title, url: `https://www.youtube.com/channel/${id}` }],
    }),
    time: new Date(at).toISOString(),
    products: ['YouTube'],
    ...(is === 'ad' && { details: [{ name: words.advertisement }] }),
    activityControls: [words.control],
  };
}
