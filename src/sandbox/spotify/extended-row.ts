import { toSeconds } from '../to-seconds.js';
import { toldEnd } from './asides.js';
import type { Listened } from './listened.js';
import { spotifyId } from './spotify-id.js';

/** A row in the names of the export; `current` and `former` differ in a few of them. */
export type ExtendedRow = Readonly<Record<string, string | number | boolean | null>>;

/** Whose rows they are, and how they are told. */
export interface Teller {
  readonly username: string;
  readonly country: string;
  readonly columns: 'current' | 'former';
}

/** One act of listening as the extended streaming history has it, in its order of fields. */
export function extendedRow(one: Listened, { username, country, columns }: Teller): ExtendedRow {
  const end = toldEnd(one);
  const current = columns === 'current';
  return {
    ts: toSeconds(end),
    username: one.is === 'other-account' ? spotifyId('user', 'somebody else').toLowerCase() : username,
    platform: one.device.platform,
    ms_played: one.msPlayed,
    conn_country: country,
    ...(current
      ? { ip_addr: one.device.address }
      : { ip_addr_decrypted: one.device.address, user_agent_decrypted: 'unknown' }),
    ...namesOf(one, current),
    reason_start: one.why.start,
    reason_end: one.why.end,
    shuffle: one.shuffle,
    // Formerly null where nothing was skipped.
    skipped: one.why.end === 'fwdbtn' || (current ? false : null),
    offline: one.offline,
    offline_timestamp: offlineSince(one, end),
    incognito_mode: one.is === 'incognito',
  };
}

/** Milliseconds came and went with versions of the apps. Where nothing was offline the export says 0. */
function offlineSince({ is, offline, msPlayed }: Listened, end: number): number {
  const start = end - msPlayed;
  if (is === 'offline-in-ms') return start;
  return offline ? Math.floor(start / 1_000) : 0;
}

function namesOf({ is, what }: Listened, current: boolean): ExtendedRow {
  const track = 'track' in what ? what.track : undefined;
  const episode = 'episode' in what ? what.episode : undefined;
  const book = 'book' in what ? what : undefined;
  const named = is === 'removed-track' || is === 'local-file' ? undefined : track;
  const video = 'video' in what ? what.video : undefined;
  return {
    master_metadata_track_name: named?.name ?? null,
    master_metadata_album_artist_name: named?.album.artist.name ?? null,
    master_metadata_album_album_name: named?.album.name ?? null,
    spotify_track_uri: trackUri({ is, what }),
    episode_name: episode?.name ?? null,
    episode_show_name: episode?.show.name ?? null,
    spotify_episode_uri: episode ? `spotify:episode:${episode.id}` : null,
    ...(current && {
      audiobook_title: book?.book ?? null,
      audiobook_uri: book ? `spotify:show:${spotifyId('audiobook', book.book)}` : null,
      audiobook_chapter_uri: book ? `spotify:episode:${spotifyId('chapter', book.book)}` : null,
      audiobook_chapter_title: book?.chapter ?? null,
    }),
    ...(video !== undefined && { video_title: video, spotify_video_uri: `spotify:video:${spotifyId('video', video)}` }),
  };
}

function trackUri({ is, what }: Pick<Listened, 'is' | 'what'>): string | null {
  if (!('track' in what)) return null;
  const { track } = what;
  if (is !== 'local-file') return `spotify:track:${track.id}`;
  const parts = [track.album.artist.name, track.album.name, track.name].map((name) =>
    encodeURIComponent(name).replaceAll('%20', '+'),
  );
  return `spotify:local:${parts.join(':')}:${Math.round(track.durationMs / 1_000)}`;
}
