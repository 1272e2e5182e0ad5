import { toSeconds } from '../to-seconds.js';
import {
  ALL_ANOMALIES,
  extendedArchive,
  type ExtendedOptions,
  lifeAt,
  plantedAnomalies,
  spotifyExtendedFiles,
  spotifyExtendedRows,
} from './extended-history.js';
import type { ExtendedRow } from './extended-row.js';
import type { RowKind } from './listened.js';
import type { Persona } from './persona.js';
import { PERSONAS } from './personas.js';

const NOW = Date.parse('2026-10-15T12:00:00Z');
const DAY_MS = 86_400_000;
const [mira, , aiko] = PERSONAS as [Persona, Persona, Persona];
/** Lives that begin later, where four years are not the question. */
const SHORT = PERSONAS.map((persona) =>
  persona.since === null ? persona : { ...persona, since: '2026-06-01', listenedSince: '2026-03-01' },
);
const [shortMira] = SHORT as [Persona];
const FIELDS = [
  ...['ts', 'username', 'platform', 'ms_played', 'conn_country', 'ip_addr', 'master_metadata_track_name'],
  ...['master_metadata_album_artist_name', 'master_metadata_album_album_name', 'spotify_track_uri', 'episode_name'],
  ...['episode_show_name', 'spotify_episode_uri', 'audiobook_title', 'audiobook_uri', 'audiobook_chapter_uri'],
  ...['audiobook_chapter_title', 'reason_start', 'reason_end', 'shuffle', 'skipped', 'offline', 'offline_timestamp'],
  'incognito_mode',
];

const told = (persona: Persona, options: ExtendedOptions, until = NOW) =>
  [...spotifyExtendedFiles(persona, until, options)].flatMap(({ rows, kinds }) =>
    rows.map((row, index) => ({ row, is: kinds[index] })),
  );

describe("the sandbox's extended streaming history", () => {
  it.each(SHORT)('tells the plays of the API: $name', (persona) => {
    const plays = lifeAt(persona, NOW).plays(0, NOW);
    const ofTheApi = plays.map(({ at, track }) => `${toSeconds(at)} ${track.durationMs} spotify:track:${track.id}`);
    const ofTheArchive = told(persona, { anomalies: [] })
      .filter(({ is }) => is === 'play')
      .map(({ row }) => `${row['ts']} ${row['ms_played']} ${row['spotify_track_uri']}`);
    expect(plays.length).toBeGreaterThanOrEqual(18);
    expect(ofTheArchive.slice(-plays.length)).toEqual(ofTheApi);
    // The anomalies stand beside the plays.
    const counts = plantedAnomalies(persona, NOW, { anomalies: ALL_ANOMALIES });
    expect(counts.play + counts['offline-in-ms']).toBe(ofTheArchive.length);
  });

  it('tells four years of those who have listened for long, and a few days of the newcomer', () => {
    const days = PERSONAS.map((persona) => {
      const [first] = spotifyExtendedRows(persona, persona.since === null ? NOW : Date.parse('2022-11-01'));
      return Math.floor((NOW - Date.parse(String(first?.['ts']))) / DAY_MS);
    });
    expect(days.slice(0, 3).every((each) => each > 4 * 365)).toBe(true);
    expect(days[3]).toBeLessThan(10);
    const rows = told(mira, { anomalies: [] });
    const artists = (from: string, to: string) =>
      new Set(
        rows
          .filter(({ row }) => String(row['ts']) >= from && String(row['ts']) < to)
          .map(({ row }) => row['master_metadata_album_artist_name']),
      ).size;
    // The explorer knew fewer musicians in the beginning.
    expect(artists('2022-09', '2023-03')).toBeLessThan(artists('2026-04', '2026-10'));
  });

  it('has podcasts where somebody saves them', () => {
    const podcasts = told(aiko, {}).filter(({ is }) => is === 'podcast');
    expect(podcasts.length).toBeGreaterThan(60);
    for (const { row } of podcasts) {
      expect(row['spotify_episode_uri']).toMatch(/^spotify:episode:\w{22}$/);
      expect(row['spotify_track_uri']).toBeNull();
      expect(row['ms_played']).toBeGreaterThan(30_000);
    }
  });

  it('has the fields of the export in its order, and in one order of time', () => {
    const rows = [...spotifyExtendedRows(shortMira, NOW)];
    const times = rows.map(({ ts }) => String(ts));
    expect(new Set(rows.map((row) => Object.keys(row).join()))).toEqual(new Set([FIELDS.join()]));
    expect(times.every((ts) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(ts))).toBe(true);
    expect(times).toEqual(times.toSorted());
    // Addresses of a network that is kept for examples (RFC 5737).
    expect(rows.every((row) => /^203\.0\.113\.\d+$/.test(String(row['ip_addr'])))).toBe(true);
  });

  it('says what each anomaly is, as an independent look at the rows finds it', () => {
    const isKind: Readonly<Record<Exclude<RowKind, 'play' | 'podcast' | 'duplicate'>, (row: ExtendedRow) => boolean>> =
      {
        skip: (row) => Number(row['ms_played']) > 0 && Number(row['ms_played']) < 30_000,
        'nothing-played': (row) => row['ms_played'] === 0,
        incognito: (row) => row['incognito_mode'] === true,
        'removed-track': (row) =>
          String(row['spotify_track_uri']).startsWith('spotify:track:') && row['master_metadata_track_name'] === null,
        audiobook: (row) => typeof row['audiobook_uri'] === 'string',
        video: (row) => 'spotify_video_uri' in row,
        'local-file': (row) => String(row['spotify_track_uri']).startsWith('spotify:local:'),
        future: (row) => Date.parse(String(row['ts'])) > NOW,
        'other-account': (row) => row['username'] !== username,
        'offline-in-ms': (row) => Number(row['offline_timestamp']) > 1e12 && Date.parse(String(row['ts'])) <= NOW,
      };
    const all = told(mira, { anomalies: ALL_ANOMALIES });
    const username = all[0]?.row['username'];
    const counts = plantedAnomalies(mira, NOW, { anomalies: ALL_ANOMALIES });
    for (const [kind, matches] of Object.entries(isKind)) {
      const found = all.filter(({ row, is }) => is !== 'duplicate' && matches(row));
      expect([kind, new Set(found.map(({ is }) => is))]).toEqual([kind, new Set([kind])]);
      expect([kind, found.length]).toEqual([kind, counts[kind as RowKind]]);
    }
    expect(Object.values(counts).every((count) => count > 0)).toBe(true);
  });

  it('plants what it is told to, and the everyday ones unless told', () => {
    const planted = (options: ExtendedOptions) =>
      Object.entries(plantedAnomalies(mira, NOW, options)).flatMap(([kind, count]) => (count > 0 ? [kind] : []));
    expect(planted({ anomalies: [] })).toEqual(['play', 'podcast']);
    expect(planted({ anomalies: ['future'] })).toEqual(['play', 'podcast', 'future']);
    expect(planted({})).toEqual(['play', 'podcast', 'skip', 'nothing-played', 'incognito', 'duplicate']);
  });

  it('begins a file with the last play of the file before, word for word', () => {
    const [first, second, ...others] = spotifyExtendedFiles(mira, NOW, { rowsPerFile: 10_000 });
    expect(second?.kinds[0]).toBe('duplicate');
    expect(first?.rows.slice(-5)).toContainEqual(second?.rows[0]);
    expect(first?.rows).toHaveLength(10_000);
    expect(first?.name).toBe('Streaming_History_Audio_2022-2024_0.json');
    expect(others.at(-1)?.name).toMatch(/^Streaming_History_Audio_20\d\d(-2026)?_2\.json$/);
  });

  it.each(SHORT.slice(0, 3))('only adds rows as time goes by: $name', (persona) => {
    const options = { rowsPerFile: 1_000, anomalies: ALL_ANOMALIES.filter((kind) => kind !== 'video') };
    const lines = (until: number) =>
      [...spotifyExtendedRows(persona, until, options)].map((row) => JSON.stringify(row));
    let before = lines(NOW);
    for (const later of [NOW + 3 * 3_600_000, NOW + 9 * 3_600_000, NOW + DAY_MS]) {
      const after = lines(later);
      expect(after.slice(0, before.length)).toEqual(before);
      before = after;
    }
    expect(before.length).toBeGreaterThan(lines(NOW).length);
  });

  it('can be the export of years ago', () => {
    const [file] = spotifyExtendedFiles(shortMira, NOW, { columns: 'former', anomalies: ALL_ANOMALIES });
    expect(file?.name).toBe('endsong_0.json');
    const names = Object.keys(file?.rows[0] ?? {});
    expect(names).toEqual(expect.arrayContaining(['ip_addr_decrypted', 'user_agent_decrypted']));
    expect(names.some((name) => name.startsWith('audiobook') || name === 'ip_addr')).toBe(false);
    expect(file?.rows.some(({ skipped }) => skipped === null)).toBe(true);
  });

  it('can break off in the middle of the last row', () => {
    const textsWith = (options: ExtendedOptions) =>
      [...extendedArchive(shortMira, NOW, { rowsPerFile: 3_000, ...options })].map(({ text }) => [...text].join(''));
    const [texts, whole] = [textsWith({ cutShort: true }), textsWith({})];
    expect(whole).toHaveLength(2);
    expect(texts[0]).toBe(whole[0]);
    expect(whole[1]?.startsWith(texts[1] ?? '')).toBe(true);
    expect((JSON.parse(whole[1] ?? '') as unknown[]).length).toBeGreaterThan(100);
    expect(() => JSON.parse(texts[1] ?? '') as unknown).toThrow(SyntaxError);
  });

  it('splits files of about twelve megabytes', () => {
    const [first] = extendedArchive(mira, NOW);
    const bytes = [...(first?.text ?? [])].reduce((sum, part) => sum + Buffer.byteLength(part), 0);
    expect(bytes / 1e6).toBeGreaterThan(11);
    expect(bytes / 1e6).toBeLessThan(13);
  });
});
