import { z } from 'zod';
import { pageOf, pageQuery, positionOf } from './page.js';

const query = z.strictObject({ ...pageQuery, cursor: positionOf(z.tuple([z.string(), z.string()])) });

/** Ten rows, asked for as a list route does. */
const rows = Array.from({ length: 10 }, (_, n) => ({ kind: 'a/b"🦄', id: String(n) }));

function list(asked: Record<string, string>) {
  const { limit, cursor } = query.parse(asked);
  const start = cursor ? rows.findIndex((row) => row.id === cursor[1]) + 1 : 0;
  return pageOf(
    rows.slice(start, start + limit + 1),
    limit,
    (row) => row.id,
    (row) => [row.kind, row.id],
  );
}

describe('A page of a list', () => {
  it.each([1, 3, 5, 9, 10, 11])('of %d leads through the whole list, without gap or repetition', (limit) => {
    const seen: unknown[] = [];
    let pages = 0;
    for (let cursor: string | null | undefined; cursor !== null; pages += 1) {
      const page = list({ limit: String(limit), ...(cursor && { cursor }) });
      seen.push(...(page.data as unknown[]));
      cursor = (page.beside['page'] as { nextCursor: string | null }).nextCursor;
      expect(cursor ?? '').toMatch(/^[\w-]*$/);
    }
    expect(seen).toEqual(rows.map((row) => row.id));
    expect(pages).toBe(Math.ceil(10 / limit));
  });

  it('has fifty rows unless another number is asked for, and two hundred at most', () => {
    expect(query.parse({}).limit).toBe(50);
    expect(query.parse({ limit: '200' }).limit).toBe(200);
    for (const limit of ['0', '-1', '201', '1.5', 'x', '']) expect(query.safeParse({ limit }).success).toBe(false);
  });

  it.each([
    'x',
    '%%%',
    'bnVsbA',
    Buffer.from('["a"]').toString('base64url'),
    Buffer.from('["a",1]').toString('base64url'),
    'a'.repeat(2_001),
  ])('does not take %j for a cursor', (cursor) => {
    const parsed = query.safeParse({ cursor });
    expect(parsed.error?.issues[0]).toMatchObject({ path: ['cursor'] });
  });
});
