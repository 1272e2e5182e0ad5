import { accountArchive, spotifyAccountRows } from './account-data.js';
import { lifeAt, spotifyExtendedRows } from './extended-history.js';
import { Library } from './library.js';
import type { Persona } from './persona.js';
import { PERSONAS } from './personas.js';

const NOW = Date.parse('2026-10-15T12:00:00Z');
/** Lives that begin later: only the last year is told. */
const SHORT = PERSONAS.map((persona) =>
  persona.since === null ? persona : { ...persona, since: '2025-11-01', listenedSince: '2025-08-01' },
);
const YEAR_AGO = '2025-10-15T12:00:00Z';
const FOLDER = 'Spotify Account Data/';

const filesOf = (persona: Persona) =>
  new Map([...accountArchive(persona, NOW)].map(({ name, text }) => [name, JSON.parse([...text].join(''))]));

describe("the sandbox's account data", () => {
  it.each(SHORT)('tells the last year of the extended history to the minute: $name', (persona) => {
    const extended = [...spotifyExtendedRows(persona, NOW, { anomalies: ['skip', 'nothing-played'] })]
      .filter(({ ts }) => String(ts) >= YEAR_AGO)
      .map((row) => ({
        at: `${String(row['ts']).slice(0, 10)} ${String(row['ts']).slice(11, 16)}`,
        by: row['master_metadata_album_artist_name'] ?? row['episode_show_name'],
        what: row['master_metadata_track_name'] ?? row['episode_name'],
        ms: row['ms_played'],
      }));
    const { music, podcasts } = spotifyAccountRows(persona, NOW);
    const account = [
      ...music.map((row) => ({ at: row.endTime, by: row.artistName, what: row.trackName, ms: row.msPlayed })),
      ...podcasts.map((row) => ({ at: row.endTime, by: row.podcastName, what: row.episodeName, ms: row.msPlayed })),
    ];
    const sorted = (rows: readonly object[]) => rows.map((row) => JSON.stringify(row)).sort();
    expect(sorted(account)).toEqual(sorted(extended));
    expect(account.length).toBeGreaterThan(0);
  });

  it('has the files and the names of the export', () => {
    const files = filesOf(SHORT[2]!);
    expect([...files.keys()]).toEqual(
      ['StreamingHistory_music_0', 'StreamingHistory_podcast_0', 'YourLibrary', 'Userdata'].map(
        (name) => `${FOLDER}${name}.json`,
      ),
    );
    expect(files.get(`${FOLDER}StreamingHistory_music_0.json`)[0]).toEqual({
      endTime: expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d$/),
      artistName: expect.any(String),
      trackName: expect.any(String),
      msPlayed: expect.any(Number),
    });
    expect([...filesOf(PERSONAS[3]!).keys()]).not.toContain(`${FOLDER}StreamingHistory_podcast_0.json`);
  });

  it('has the library of the API, without dates', () => {
    const persona = SHORT[0]!;
    const library = new Library(lifeAt(persona, NOW), NOW);
    const told = filesOf(persona).get(`${FOLDER}YourLibrary.json`);
    expect(told.tracks.map(({ uri }: { uri: string }) => uri)).toEqual(
      library.saved('track').map(({ value }) => `spotify:track:${value.id}`),
    );
    expect(told.albums).toHaveLength(library.saved('album').length);
    expect(told.shows).toHaveLength(library.saved('show').length);
    expect(told.episodes).toHaveLength(library.saved('episode').length);
    expect(told.artists).toHaveLength(library.followed().length);
    expect(Object.keys(told.tracks[0])).toEqual(['artist', 'album', 'track', 'uri']);
    expect(JSON.stringify(told)).not.toMatch(/20\d\d-\d\d-\d\d/);
  });
});
