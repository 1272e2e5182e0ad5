import { playItem } from '../../src/platforms/spotify/spotify-items.js';

/** When the first slot begins. */
export const START = Date.UTC(2024, 0, 1, 20);

export const TRACK_MS = 200_000;

/** A listening that really happened, told by some of the sources. */
export interface Heard {
  /** When it began: the tracks of slots that follow each other do so too. */
  readonly slot: number;
  readonly track: number;
  readonly ms?: number;
  readonly byExtended: boolean;
  readonly byAccount: boolean;
  readonly byApi: boolean;
}

/** One that all three tell. */
export const HEARD: Heard = { slot: 0, track: 1, byExtended: true, byAccount: true, byApi: true };

const idOf = (track: number) => `track${track}`.padEnd(22, '0');
const beginOf = ({ slot }: Heard) => START + slot * (TRACK_MS + 4_000);
const lasts = ({ ms = TRACK_MS }: Heard) => ms;
const endOf = (heard: Heard) => Math.floor((beginOf(heard) + lasts(heard)) / 1_000) * 1_000;

/** The rows of Spotify's extended history, its account data, and the answers of its API. */
export const extendedRow = (heard: Heard) => ({
  ts: new Date(endOf(heard)).toISOString().replace('.000', ''),
  ms_played: lasts(heard),
  ip_addr: '192.0.2.1',
  conn_country: 'DE',
  master_metadata_track_name: `Title ${heard.track}`,
  master_metadata_album_artist_name: `Artist ${heard.track % 3}`,
  master_metadata_album_album_name: 'Album',
  spotify_track_uri: `spotify:track:${idOf(heard.track)}`,
  incognito_mode: false,
});
export const accountRow = (heard: Heard) => ({
  endTime: new Date(endOf(heard)).toISOString().slice(0, 16).replace('T', ' '),
  artistName: `Artist ${heard.track % 3}`,
  trackName: `Title ${heard.track}`,
  msPlayed: lasts(heard),
});
export const polled = (heard: Heard) =>
  playItem({
    played_at: new Date(endOf(heard)).toISOString(),
    track: {
      id: idOf(heard.track),
      type: 'track',
      name: `Title ${heard.track}`,
      duration_ms: lasts(heard),
      artists: [{ id: `artist${heard.track % 3}`, name: `Artist ${heard.track % 3}` }],
    },
  } as unknown as Parameters<typeof playItem>[0]);
