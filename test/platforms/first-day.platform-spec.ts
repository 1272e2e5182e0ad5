import { spotifyExtendedRows } from '../../src/sandbox/spotify/extended-history.js';
import { PERSONAS } from '../../src/sandbox/spotify/personas.js';
import { spotifyExtended } from '../../src/imports/formats/spotify-extended.js';
import { buildSignature } from '../../src/soul-signature/build-signature.js';
import type { SignatureDocument } from '../../src/soul-signature/document/signature.js';
import { readStatistics } from '../../src/soul-signature/statistics/read-statistics.js';
import type { Statistics } from '../../src/soul-signature/statistics/statistics.js';
import { openDatabase } from '../support/open-database.js';

const NOW = new Date('2026-11-20T12:00:00Z');
const IMPORT = '01a00000-0000-7000-8000-000000000001';

async function* archiveOf(persona: (typeof PERSONAS)[number]) {
  yield '[';
  let before = '';
  for (const row of spotifyExtendedRows(persona, NOW.getTime())) {
    yield before + JSON.stringify(row);
    before = ',';
  }
  yield ']';
}

/** What a person has who brings the archive and has connected nothing. */
async function firstDay(
  persona: (typeof PERSONAS)[number],
): Promise<{ statistics: Statistics; built: SignatureDocument }> {
  const items = [];
  for await (const outcome of spotifyExtended.read(archiveOf(persona), { name: 'a.json', receivedAt: NOW })) {
    if ('item' in outcome) items.push(outcome.item);
  }
  const open = await openDatabase();
  try {
    const { database } = open;
    await database.query(`INSERT INTO users (id) VALUES ('mira')`);
    await database.query(
      `INSERT INTO imports (id, user_id, digest, files, receipt, uploaded) VALUES ($1, 'mira', 'd', '[]', '{}', true)`,
      [IMPORT],
    );
    await database.query(
      `INSERT INTO items (user_id, platform, kind, external_id, key, occurred_at, time_meaning, payload, sources)
       SELECT 'mira', 'spotify', kind, "externalId", key, "occurredAt", "timeMeaning", payload, $2
       FROM jsonb_to_recordset($1::jsonb) AS item(kind text, "externalId" text, key text, "occurredAt" timestamptz,
         "timeMeaning" text, payload jsonb) ON CONFLICT DO NOTHING`,
      [JSON.stringify(items), [IMPORT]],
    );
    const statistics = await readStatistics((sql, parameters) => database.query(sql, parameters), 'mira', {
      connected: ['spotify'],
      asOf: NOW,
    });
    const built = buildSignature(statistics, { asOf: NOW, zone: { iana: 'Europe/Berlin', source: 'user' } });
    return { statistics, built };
  } finally {
    await open.close();
  }
}

describe('The first day with an archive', () => {
  let statistics: Statistics;
  let built: SignatureDocument;
  beforeAll(async () => {
    ({ statistics, built } = await firstDay(PERSONAS[0]!));
  });

  it.each(['taste.breadth', 'taste.concentration', 'taste.repeat', 'taste.effective_artists'])('tells %s', (key) => {
    expect(built.facets[key]!.status).toBe('known');
  });

  it('waits for no further days in matters of taste', () => {
    for (const [key, facet] of Object.entries(built.facets)) {
      if (!key.startsWith('taste.') || facet.status === 'known') continue;
      expect([key, facet.reason]).not.toEqual([key, expect.stringMatching(/days|history|sampled/)]);
    }
  });

  it('says nothing of the last 50 plays, and who told of the others', () => {
    expect(built.coverage['spotify']).toMatchObject({
      truncated: false,
      sources: [{ source: 'import', importId: IMPORT }],
    });
  });

  it('does not take someone for a discoverer sixty times over who has always gone on playing what she finds', () => {
    const artists = statistics.keyDays.find(({ dimension }) => dimension === 'artist')!.keys;
    const found = artists.filter(({ earlierBlocks }) => earlierBlocks === 0).length;
    const facet = built.facets['taste.discovery']!;
    expect(found).toBeGreaterThan(20);
    expect(facet).toMatchObject({ reason: 'too_few_items', unit: 'new artists expected' });
  });
});
