import { DataSource, EntitySchema } from 'typeorm';
import type { Pool } from 'pg';
import type { ExtractedItem } from '../../src/platforms/platform.js';
import { playlistEntryItem } from '../../src/platforms/spotify/spotify-items.js';
import type { SpotifyPlaylistEntry } from '../../src/platforms/spotify/spotify-schemas.js';
import { ENTRIES_A_PAGE, entryOf, playlistId } from './listener.js';

/** The rows that an extraction stores of a page. */
export function rowsOf(playlist: number, page: number): ExtractedItem[] {
  return Array.from({ length: ENTRIES_A_PAGE }, (_, index) => {
    const entry = JSON.parse(entryOf(playlist, page * ENTRIES_A_PAGE + index)) as SpotifyPlaylistEntry;
    const item = playlistEntryItem(entry, playlistId(playlist), ['listener']);
    if (!item) throw new Error('an entry without an item');
    return item;
  });
}

const UPSERT = `INSERT INTO items (user_id, platform, kind, external_id, key, occurred_at, time_meaning, payload)
  SELECT $1, 'spotify', page.* FROM unnest($2::text[], $3::text[], $4::text[], $5::timestamptz[], $6::text[], $7::jsonb[]) AS page
  ON CONFLICT (user_id, platform, kind, external_id) DO UPDATE SET key = excluded.key, occurred_at = excluded.occurred_at,
    time_meaning = excluded.time_meaning, payload = excluded.payload, updated_at = now()`;

/** Upserts pages one after the other, one statement each, with nothing around them. @returns milliseconds */
export async function unnest(pool: Pool, userId: string, pages: readonly ExtractedItem[][]): Promise<number> {
  const client = await pool.connect();
  const began = performance.now();
  for (const rows of pages) {
    await client.query(UPSERT, [
      userId,
      rows.map(({ kind }) => kind),
      rows.map(({ externalId }) => externalId),
      rows.map(({ key }) => key),
      rows.map(({ occurredAt }) => occurredAt),
      rows.map(({ timeMeaning }) => timeMeaning),
      rows.map(({ payload }) => JSON.stringify(payload)),
    ]);
  }
  const ms = performance.now() - began;
  client.release();
  return ms;
}

interface Row extends ExtractedItem {
  readonly userId: string;
  readonly platform: string;
}

const ROW = new EntitySchema<Row>({
  name: 'items',
  columns: {
    userId: { type: 'text', primary: true, name: 'user_id' },
    platform: { type: 'text', primary: true },
    kind: { type: 'text', primary: true },
    externalId: { type: 'text', primary: true, name: 'external_id' },
    key: { type: 'text', nullable: true },
    occurredAt: { type: 'timestamptz', nullable: true, name: 'occurred_at' },
    timeMeaning: { type: 'text', name: 'time_meaning' },
    payload: { type: 'jsonb' },
  },
});

/** Saves row by row as an ORM does by default. @returns milliseconds */
export async function rowByRow(url: string, userId: string, rows: readonly ExtractedItem[]): Promise<number> {
  const source = await new DataSource({ type: 'postgres', url, entities: [ROW] }).initialize();
  try {
    const repository = source.getRepository(ROW);
    const began = performance.now();
    for (const row of rows) await repository.save({ ...row, userId, platform: 'spotify' });
    return performance.now() - began;
  } finally {
    await source.destroy();
  }
}
