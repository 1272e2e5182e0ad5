import { existsSync, readdirSync, readFileSync } from 'node:fs';

const PAGES = ['README.md', ...readdirSync('docs').flatMap((name) => (name.endsWith('.md') ? [`docs/${name}`] : []))];
const FENCE = /^ *```(?:ts|js|typescript|javascript)\b *(?<source>\S*)\n(?<code>[\s\S]*?)^ *```$/gm;
const ANY_FENCE = /^ *```[\s\S]*?^ *```$/gm;
/** Inline code that is a path of the repository. */
const PATH = /`((?:src|public|test|bench|scripts|ops|docs)\/[^`\s]*)`/g;
/** Inline code that is a name, with or without its owner and its arguments: `tokens.of(user)`. */
const NAME = /`([A-Za-z]\w*(?:\.[A-Za-z]\w*)*)(?:\([^`]*)?`/g;

const words = (code: string) => code.replaceAll(/\s+/g, ' ').trim();
const snippets = PAGES.flatMap((page) =>
  [...readFileSync(page, 'utf8').matchAll(FENCE)].map(({ groups }) => ({
    page,
    source: groups?.['source'] ?? '',
    code: groups?.['code'] ?? '',
  })),
);

function program(): string {
  const files = ['src', 'public', 'test', 'bench'].flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((file) => `${folder}/${file}`),
  );
  const code = files.filter((file) => /\.(?:ts|js)$/.test(file) && !file.startsWith('test/docs/'));
  return code.map((file) => readFileSync(file, 'utf8')).join('\n');
}

/** Code in the documentation is quoted from a file that is compiled, which its fence names: it cannot be out of date. */
describe('The documentation', () => {
  it('shows code', () => {
    expect(snippets.length).toBeGreaterThanOrEqual(2);
  });

  it.each(snippets)('quotes $source in $page as it is', ({ source, code }) => {
    expect(words(readFileSync(source, 'utf8'))).toContain(words(code));
  });

  it('names only files and code that exist', () => {
    const known = program();
    const isKnown = (name: string) => new RegExp(`\\b${name.replaceAll('.', '\\.')}\\b`).test(known);
    const missing = PAGES.flatMap((page) => {
      const prose = readFileSync(page, 'utf8').replaceAll(ANY_FENCE, '');
      const paths = [...prose.matchAll(PATH)].flatMap(([, path = '']) => (existsSync(path) ? [] : [path]));
      const names = [...prose.matchAll(NAME)].flatMap(([, name = '']) => (isKnown(name) ? [] : [name]));
      return [...paths, ...names].map((what) => `${page}: ${what}`);
    });
    expect(missing).toEqual([]);
  });
});
