import { readFileSync } from 'node:fs';

/** The words of a union of strings in `format.ts`. */
function wordsOf(type: string): string[] {
  const [, union = ''] = new RegExp(`type ${type} =([^;]*);`).exec(readFileSync('src/imports/format.ts', 'utf8')) ?? [];
  return [...union.matchAll(/'([A-Z_]+)'/g)].map(([, word = '']) => word);
}

describe('the words of a receipt', () => {
  it.each(['SkipReason', 'UnreadReason'])('are explained for people: %s', (type) => {
    const words = wordsOf(type);
    expect(words.length).toBeGreaterThan(4);
    const page = readFileSync('docs/archives.md', 'utf8');
    expect(words.filter((word) => !page.includes(`| \`${word}\``))).toEqual([]);
  });
});
