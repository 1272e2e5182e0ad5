import { readdirSync, readFileSync } from 'node:fs';

const PAGES = ['README.md', ...readdirSync('docs').flatMap((name) => (name.endsWith('.md') ? [`docs/${name}`] : []))];
const FENCE = /^ *```(?:ts|js|typescript|javascript)\b *(?<source>\S*)\n(?<code>[\s\S]*?)^ *```$/gm;

const words = (code: string) => code.replaceAll(/\s+/g, ' ').trim();
const snippets = PAGES.flatMap((page) =>
  [...readFileSync(page, 'utf8').matchAll(FENCE)].map(({ groups }) => ({
    page,
    source: groups?.['source'] ?? '',
    code: groups?.['code'] ?? '',
  })),
);

/** Code in the documentation is quoted from a file that is compiled, which its fence names: it cannot be out of date. */
describe('The documentation', () => {
  it('shows code', () => {
    expect(snippets.length).toBeGreaterThanOrEqual(2);
  });

  it.each(snippets)('quotes $source in $page as it is', ({ source, code }) => {
    expect(words(readFileSync(source, 'utf8'))).toContain(words(code));
  });
});
