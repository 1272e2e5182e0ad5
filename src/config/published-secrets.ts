/**
 * Secrets that anybody can read in this repository. A deployment that uses one has none. A test finds those that are
 * missing here. Client secrets are not among them: a provider knows only the ones it has given.
 */
const PUBLISHED: ReadonlySet<string> = new Set([
  // The demo's.
  'only-for-the-demo-on-this-machine-0123456789',
  'MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=',
  'demo-demo',
  'only-for-the-demo',
  // Of tests.
  'cAnArY.jwt.secret.of.more.than.32.characters',
  'the secret that the tests sign with',
  'a secret that is long enough for all',
  'a good one',
  'abcdefgh-0123456',
]);

/** One line for each variable whose secret stands in this repository. */
export function publishedSecretsIn(environment: Readonly<Record<string, string | undefined>>): string[] {
  return Object.entries(environment)
    .filter(([variable, value = '']) => secretsOf(variable, value).some((secret) => PUBLISHED.has(secret)))
    .map(([variable]) => `${variable}: this secret is published with the source code; choose one of your own`);
}

/** What of a variable's value is secret. */
function secretsOf(variable: string, value: string): readonly string[] {
  if (variable === 'TOKEN_ENCRYPTION_KEYS') {
    return value.split(',').map((key) => key.trim().replace(/^[^:]*:/, ''));
  }
  if (['DATABASE_URL', 'REDIS_URL', 'UPSTASH_REDIS_URL'].includes(variable)) {
    return value.split(',').map((url) => (URL.canParse(url) ? new URL(url).password : ''));
  }
  return ['JWT_SECRET', 'DASHBOARD_PASSWORD', 'METRICS_TOKEN'].includes(variable) ? [value] : [];
}
