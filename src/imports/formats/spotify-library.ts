import { trimmed } from '../../platforms/item-fields.js';
import { artistKey, comparableName } from '../../platforms/listening.js';
import type { JsonObject } from '../../platforms/platform.js';
import { firstJsonRows } from '../rows/first-json-rows.js';
import { type ArchiveFormat, objectOf, type RowOutcome, textOf } from '../format.js';
import { fieldComparer, type KnownFields } from '../rows/known-fields.js';
import { jsonRows } from '../rows/rows.js';

/** A list of the library: what its rows become, and in which fields they tell it. */
interface List {
  readonly kind: string;
  /** In uris: `spotify:<type>:<id>`. */
  readonly type: string;
  readonly fields: KnownFields;
  key(row: JsonObject): string | null;
  payload(row: JsonObject): JsonObject;
}

const artistOf = (row: JsonObject) => artistKey(textOf(row.artist));
const showKey = (name: string | null) => (name === null ? null : `show:${comparableName(name)}`);
const named = (name: string | null) => (name === null ? undefined : { name });
const listed = (name: string | null) => (name === null ? undefined : [{ name }]);

const LISTS = new Map<string, List>([
  [
    'tracks',
    {
      kind: 'saved-track',
      type: 'track',
      fields: { expected: ['artist', 'album', 'track', 'uri'], others: [] },
      key: artistOf,
      payload: ({ track, artist, album }) => ({
        type: 'track',
        name: textOf(track),
        artists: listed(textOf(artist)),
        album: named(textOf(album)),
      }),
    },
  ],
  [
    'albums',
    {
      kind: 'saved-album',
      type: 'album',
      fields: { expected: ['artist', 'album', 'uri'], others: [] },
      key: artistOf,
      payload: ({ album, artist }) => ({ name: textOf(album), artists: listed(textOf(artist)) }),
    },
  ],
  [
    'shows',
    {
      kind: 'saved-show',
      type: 'show',
      fields: { expected: ['name', 'publisher', 'uri'], others: [] },
      key: ({ name }) => showKey(textOf(name)),
      payload: ({ name, publisher }) => ({ name: textOf(name), publisher: textOf(publisher) }),
    },
  ],
  [
    'episodes',
    {
      kind: 'saved-episode',
      type: 'episode',
      fields: { expected: ['name', 'show', 'uri'], others: [] },
      key: ({ show }) => showKey(textOf(show)),
      payload: ({ name, show }) => ({ type: 'episode', name: textOf(name), show: named(textOf(show)) }),
    },
  ],
  [
    'artists',
    {
      kind: 'followed-artist',
      type: 'artist',
      fields: { expected: ['name', 'uri'], others: [] },
      key: ({ name }) => artistKey(textOf(name)),
      payload: ({ name }) => ({ name: textOf(name) }),
    },
  ],
]);

const CHANGES = new Map([...LISTS].map(([name, { fields }]) => [name, fieldComparer(fields)]));

/**
 * `YourLibrary.json`: what is saved and followed, without dates, with the ids and kinds of the API's items. Banned tracks
 * and artists are no taste, and `other` is anything. A row without a uri has no id and cannot be read, as in exports
 * before 2020. A library in which nothing is saved is not recognised: there is nothing in it.
 */
export const spotifyLibrary: ArchiveFormat = {
  name: 'spotify-library',
  title: 'Spotify, library',
  platform: 'spotify',
  gives: [...LISTS.values()].map(({ kind }) => kind),
  detect({ text }) {
    for (const row of firstJsonRows(text)) {
      const name = 'value' in row ? row.list : undefined;
      if (name === undefined) return false;
      const list = LISTS.get(name);
      const first = 'value' in row ? objectOf(row.value) : undefined;
      // Lists that are left out may come first.
      if (list) return first !== undefined && (uriOf(first, list) !== null || isLocal(first));
      if (!/^(banned|other|exclude)/.test(name)) return false;
    }
    return false;
  },
  async *read(text) {
    for await (const row of jsonRows(text)) yield 'unread' in row ? row : outcomeOf(row.value, row.list ?? '');
  },
};

function outcomeOf(value: unknown, name: string): RowOutcome {
  const list = LISTS.get(name);
  if (!list) return { skipped: 'OTHER_LIST' };
  const row = objectOf(value);
  if (!row) return { unread: 'BAD_ROW' };
  const changes = CHANGES.get(name)?.(row);
  const uri = uriOf(row, list);
  if (uri === null) return { ...(isLocal(row) ? { skipped: 'LOCAL_FILE' } : { unread: 'BAD_ROW' }), ...changes };
  const item = {
    kind: list.kind,
    externalId: uri.slice(`spotify:${list.type}:`.length),
    key: list.key(row),
    occurredAt: null,
    timeMeaning: 'snapshot',
    payload: trimmed({ ...list.payload(row), uri }),
  } as const;
  return { item, ...changes };
}

function isLocal({ uri }: JsonObject): boolean {
  return textOf(uri)?.startsWith('spotify:local:') ?? false;
}

/** The uri of a row, of the type of its list: it ends with the id. */
function uriOf({ uri }: JsonObject, { type }: List): string | null {
  const text = textOf(uri) ?? '';
  return text.startsWith(`spotify:${type}:`) && /^[0-9A-Za-z]{1,100}$/.test(text.slice(type.length + 9)) ? text : null;
}
