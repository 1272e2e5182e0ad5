import { readdirSync, readFileSync } from 'node:fs';
import { extname, join, relative, resolve } from 'node:path';
import { parseConfig } from './config.js';

const ROOT = resolve(__dirname, '../..');

/** What is not of the repository, or holds no text. */
const SKIPPED = new Set(['node_modules', 'dist', '.git', '.data', 'artifacts', 'coverage', 'fixtures', 'images']);

const PRODUCTION = {
  NODE_ENV: 'production',
  PUBLIC_URL: 'https://soul.example.org',
  DATABASE_URL: 'postgres://u:p@db.example.org/soul',
  JWT_SECRET: 'x'.repeat(32),
  TOKEN_ENCRYPTION_KEYS: `k:${Buffer.alloc(32, 'k').toString('base64')}`,
};

const SECRET =
  /\b(JWT_SECRET|TOKEN_ENCRYPTION_KEYS|DASHBOARD_PASSWORD|METRICS_TOKEN|POSTGRES_PASSWORD|REDIS_PASSWORD)\b['"]?(?: = |: |=)(.*)/g;

function filesIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => !SKIPPED.has(name))
    .flatMap((entry) => {
      const path = join(folder, entry.name);
      if (entry.isDirectory()) return filesIn(path);
      return entry.isFile() && entry.name !== '.env' ? [path] : [];
    });
}

/** The literal that is assigned, if it is one: quoted in programs, bare in settings and documents. */
function literalIn(assigned: string, isProgram: boolean): string {
  const [, , quoted] = /^(['"`])(.*?)\1(?!\.)/.exec(assigned) ?? [];
  if (quoted !== undefined) return quoted.includes('${') ? '' : quoted;
  return isProgram ? '' : (/^[^\s#'"`$,…]+(?=\s|$|,)/.exec(assigned)?.[0] ?? '');
}

const found = filesIn(ROOT).flatMap((path) =>
  [...readFileSync(path, 'utf8').matchAll(SECRET)]
    .map(([, variable = '', assigned = '']) => ({
      file: relative(ROOT, path),
      variable,
      secret: literalIn(assigned, ['.ts', '.js', '.cjs'].includes(extname(path))),
    }))
    .filter(({ secret }) => secret !== ''),
);

/** The environment that would run with this secret. */
function withSecret(variable: string, secret: string) {
  if (variable === 'POSTGRES_PASSWORD') return { DATABASE_URL: `postgres://soul:${secret}@postgres:5432/soul` };
  if (variable === 'REDIS_PASSWORD') return { REDIS_URL: `redis://:${secret}@redis:6379` };
  return { [variable]: secret };
}

describe('A secret that stands in a file of this repository', () => {
  it('is found by this test, at least where the demo has its own', () => {
    const ofDemo = found.filter(({ file }) => file === '.env.demo').map(({ variable }) => variable);
    expect(ofDemo).toEqual(
      expect.arrayContaining(['JWT_SECRET', 'TOKEN_ENCRYPTION_KEYS', 'DASHBOARD_PASSWORD', 'POSTGRES_PASSWORD']),
    );
  });

  it.each(found)('is refused in production ($variable of $file)', ({ variable, secret }) => {
    expect(() => parseConfig(PRODUCTION)).not.toThrow();
    expect(() => parseConfig({ ...PRODUCTION, ...withSecret(variable, secret) })).toThrow(/\n {2}- /);
  });

  it('is refused among others, without being repeated', () => {
    const published = 'MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=';
    const keys = `${PRODUCTION.TOKEN_ENCRYPTION_KEYS}, old:${published}`;
    const start = () => parseConfig({ ...PRODUCTION, TOKEN_ENCRYPTION_KEYS: keys });
    expect(start).toThrow('TOKEN_ENCRYPTION_KEYS: this secret is published with the source code');
    expect(start).not.toThrow(published);
  });

  it('is taken in development, and where the risk is named', () => {
    const demo = { DASHBOARD_PASSWORD: 'only-for-the-demo' };
    expect(() => parseConfig(demo)).not.toThrow();
    expect(() => parseConfig({ ...PRODUCTION, ...demo, ALLOW_DEMO_IN_PRODUCTION: 'true' })).not.toThrow();
    expect(() => parseConfig({ ...PRODUCTION, ...demo, ALLOW_DEMO_IN_PRODUCTION: 'no' })).toThrow('DASHBOARD_PASSWORD');
  });
});
