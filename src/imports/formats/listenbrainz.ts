import { trimmed } from '../../platforms/item-fields.js';
import { artistKey, listeningTitle } from '../../platforms/listening.js';
import type { JsonObject } from '../../platforms/platform.js';
import {
  accountName,
  type ArchiveFormat,
  type Beginning,
  objectOf,
  type ReadingContext,
  type RowOutcome,
  textOf,
} from '../format.js';
import { firstJsonRows } from '../rows/first-json-rows.js';
import { hashedId } from '../rows/hashed-id.js';
import { fieldComparer } from '../rows/known-fields.js';
import { peek } from '../rows/peek.js';
import { jsonLines, jsonRows } from '../rows/rows.js';
import { canHaveHappened } from '../rows/utc-time.js';

/** ListenBrainz takes no listens from before October 2002, when scrobbling began. */
const BEGINNING = Date.UTC(2002, 9);
/** No track is longer. */
const DAY_MS = 86_400_000;

const changesOf = fieldComparer({
  expected: ['listened_at', 'track_metadata'],
  others: ['inserted_at', 'recording_msid', 'user_name', 'listened_at_iso', 'playing_now'],
});

/**
 * `listens/<year>/<month>.jsonl` of ListenBrainz's export: a listen a line. Older exports and tools that use
 * the API write the same listens as one array. `listened_at` is when it began, in seconds.
 * The export's other files are not recognised: they tell no listens.
 *
 * The id is made of the names, and of ListenBrainz's own id of them where there is one. The id of the recording in
 * MusicBrainz is only kept: it is a guess that later exports may have changed.
 */
export const listenbrainz: ArchiveFormat = {
  name: 'listenbrainz',
  title: 'ListenBrainz',
  platform: 'listenbrainz',
  gives: ['play'],
  detect(beginning) {
    const row = firstOf(beginning);
    if (!row || 'msPlayed' in row || 'ms_played' in row) return false;
    return 'listened_at' in row && objectOf(row.track_metadata) !== undefined;
  },
  async *read(all, context) {
    const { beginning, text } = await peek(all, /^\s*\S/);
    const rows = isArray(beginning) ? jsonRows(text) : jsonLines(text);
    for await (const row of rows) yield 'unread' in row ? row : outcomeOf(row.value, context);
  },
};

function isArray(text: string): boolean {
  return text.trimStart().startsWith('[');
}

function firstOf({ text, whole }: Beginning): JsonObject | undefined {
  if (isArray(text)) {
    const first = firstJsonRows(text).next().value;
    return first && 'value' in first ? objectOf(first.value) : undefined;
  }
  const lines = text.trimStart().split('\n', 2);
  if (lines.length < 2 && !whole) return undefined;
  try {
    return objectOf(JSON.parse(lines[0] ?? ''));
  } catch {
    return undefined;
  }
}

function outcomeOf(value: unknown, context: ReadingContext): RowOutcome {
  const row = objectOf(value);
  if (!row) return { unread: 'BAD_ROW' };
  return { ...told(row, context), account: accountName(row.user_name), ...changesOf(row) };
}

function told(row: JsonObject, { receivedAt }: ReadingContext): RowOutcome {
  const seconds = row.listened_at;
  if (seconds === null || row.playing_now === true) return { skipped: 'NO_DATE' };
  const metadata = objectOf(row.track_metadata) ?? {};
  const artist = textOf(metadata.artist_name);
  const track = textOf(metadata.track_name);
  if (artist === null || track === null) return { unread: 'BAD_ROW' };
  const at = typeof seconds === 'number' ? Math.trunc(seconds * 1_000) : NaN;
  if (!(at <= 8.64e15) || !canHaveHappened(at, BEGINNING, receivedAt)) return { unread: 'BAD_TIME' };
  const release = textOf(metadata.release_name);
  const info = objectOf(metadata.additional_info) ?? {};
  const artists = artistsOf(info, artist);
  const msid = uuidOf(row.recording_msid) ?? uuidOf(info.recording_msid);
  return {
    item: {
      kind: 'play',
      externalId: `${hashedId(artist, track, release, msid)}@${at}`,
      key: artistKey(artists[0]),
      occurredAt: new Date(at),
      timeMeaning: 'user_act',
      payload: trimmed({
        type: 'track',
        name: track,
        artists: artists.map((name) => ({ name })),
        album: release === null ? null : { name: release },
        durationMs: durationOf(info),
        recordingMbid: uuidOf(info.recording_mbid) ?? uuidOf(objectOf(metadata.mbid_mapping)?.recording_mbid),
      }),
      listening: { title: listeningTitle(artists[0] ?? artist, track), from: at, to: at, told: 'instant' },
    },
  };
}

/** The artists one by one where the player told them so; others tell one text with all of them. */
function artistsOf({ artist_names: names }: JsonObject, artist: string): readonly string[] {
  const single = Array.isArray(names) ? names.slice(0, 20).map(textOf) : [];
  const known = single.filter((name) => name !== null);
  return known.length > 0 && known.length === single.length ? known : [artist];
}

/** Some players tell seconds, others milliseconds, in fields of their own, and as numbers or texts. */
function durationOf({ duration_ms: ms, duration: seconds }: JsonObject): number | null {
  const duration =
    Math.round(Number(textOf(ms) ?? ms ?? NaN)) || Math.round(Number(textOf(seconds) ?? seconds) * 1_000);
  return duration > 0 && duration <= DAY_MS ? duration : null;
}

function uuidOf(value: unknown): string | null {
  return typeof value === 'string' && /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/i.test(value)
    ? value.toLowerCase()
    : null;
}
