import { Life } from './life.js';
import { PERSONAS } from './personas.js';
import { youtubeHistoryRows, youtubeSubscriptionsCsv } from './takeout.js';
import { watchedUntil } from './watching.js';

const NOW = Date.parse('2026-10-15T12:00:00Z');
const DAY_MS = 86_400_000;
const WATCHERS = PERSONAS.slice(0, 3);

interface Row {
  readonly title: string;
  readonly titleUrl?: string;
  readonly time: string;
  readonly header: string;
  readonly subtitles?: readonly { readonly name: string; readonly url: string }[];
  readonly details?: readonly object[];
  readonly activityControls: readonly string[];
}

const rowsOf = (persona: (typeof PERSONAS)[0], until = NOW) => youtubeHistoryRows(persona, until) as readonly Row[];
/** Made once: it takes a while. */
const ROWS = new Map(WATCHERS.map((persona) => [persona, rowsOf(persona)]));
const WATCHED = new Map(WATCHERS.map((persona) => [persona, [...watchedUntil(persona, NOW)]]));

describe("the sandbox's Takeout", () => {
  it.each(WATCHERS)('tells four years, newest first, in the language of the account: $name', (persona) => {
    const rows = ROWS.get(persona) ?? [];
    const times = rows.map(({ time }) => time);
    expect(times).toEqual(times.toSorted().toReversed());
    expect(NOW - Date.parse(times.at(-1) ?? '')).toBeGreaterThan(4 * 365 * DAY_MS);
    const words = { en: /^Watched ./, de: /. angesehen$/, ja: /. を視聴しました$/, pt: /^Viu ./ }[persona.language];
    const named = rows.filter(({ subtitles }) => subtitles);
    expect(named.every(({ title }) => words.test(title))).toBe(true);
    expect(
      named.every(({ titleUrl }) => /^https:\/\/www\.youtube\.com\/watch\?v=[\w-]{11}$/.test(titleUrl ?? '')),
    ).toBe(true);
    expect(new Set(rows.flatMap(({ activityControls }) => activityControls)).size).toBe(1);
  });

  it('has removed videos without an address, private ones without a channel, and advertisements', () => {
    for (const persona of WATCHERS) {
      const kinds = (WATCHED.get(persona) ?? []).map(({ is }) => is);
      const rows = ROWS.get(persona) ?? [];
      const count = (kind: string) => kinds.filter((is) => is === kind).length;
      expect(rows.filter(({ titleUrl }) => !titleUrl)).toHaveLength(count('removed'));
      expect(rows.filter(({ details }) => details)).toHaveLength(count('ad'));
      expect(rows.filter((row) => row.titleUrl && !row.subtitles && !row.details)).toHaveLength(count('private'));
      expect(rows.filter(({ header }) => header === 'YouTube Music')).toHaveLength(count('music'));
      for (const kind of ['removed', 'private', 'ad']) expect(count(kind)).toBeGreaterThan(0);
    }
  });

  it('tells the watching of everything that is liked, a few minutes before', () => {
    for (const persona of WATCHERS) {
      const watched = new Map<string, number[]>();
      for (const { at, video } of WATCHED.get(persona) ?? []) {
        watched.set(video.id, [...(watched.get(video.id) ?? []), at]);
      }
      const likes = new Life(persona).until(NOW).flatMap((deed) => (deed.kind === 'like' ? [deed] : []));
      expect(likes.length).toBeGreaterThan(300);
      for (const { at, video } of likes) {
        const before = (watched.get(video.id) ?? []).some((time) => time < at && time >= at - 900_000);
        if (!before) throw new Error(`${video.title} was never watched`);
      }
    }
  });

  it('only adds rows as time goes by', () => {
    for (const persona of WATCHERS.slice(0, 1)) {
      const before = (ROWS.get(persona) ?? []).map((row) => JSON.stringify(row));
      const after = rowsOf(persona, NOW + DAY_MS).map((row) => JSON.stringify(row));
      expect(after.slice(-before.length)).toEqual(before);
    }
  });

  it('lists the subscriptions of the API by position, under a header in the language of the account', () => {
    for (const persona of PERSONAS) {
      const [header, ...lines] = youtubeSubscriptionsCsv(persona, NOW).trimEnd().split('\n');
      const ids = new Life(persona)
        .until(NOW)
        .flatMap((deed) => (deed.kind === 'subscription' ? [deed.channel.id] : []));
      expect(lines.map((line) => line.split(',')[0])).toEqual(ids.toSorted());
      expect(lines.every((line) => line.split(',').length === 3)).toBe(true);
      expect(header?.split(',')).toHaveLength(3);
    }
    expect(youtubeSubscriptionsCsv(PERSONAS[2]!, NOW)).toMatch(/^チャンネル ID,/);
  });

  it('has nothing of somebody who has watched nothing', () => {
    expect(rowsOf(PERSONAS[3]!)).toEqual([]);
  });
});
