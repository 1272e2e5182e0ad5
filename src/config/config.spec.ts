import { resolve } from 'node:path';
import fc from 'fast-check';
import { ConfigError, parseConfig } from './config.js';

type Environment = Readonly<Record<string, string | undefined>>;

function mistakesIn(environment: Environment): readonly string[] {
  try {
    parseConfig(environment);
  } catch (error) {
    if (error instanceof ConfigError) return error.mistakes;
    throw error;
  }
  return [];
}

const key = (id: string, bytes = 32) => `${id}:${Buffer.alloc(bytes, id).toString('base64')}`;

const PRODUCTION = {
  NODE_ENV: 'production',
  PUBLIC_URL: 'https://soul.example.org',
  DATABASE_URL: 'postgres://u:p@db.example.org/soul',
  JWT_SECRET: 'x'.repeat(32),
  TOKEN_ENCRYPTION_KEYS: key('k1'),
};

describe('The configuration', () => {
  it('has a default for everything in development', () => {
    expect(parseConfig({})).toMatchObject({
      production: false,
      role: 'all',
      host: '127.0.0.1',
      port: 3001,
      publicUrl: 'http://127.0.0.1:3001',
      trustProxy: false,
      corsOrigins: [],
      connectRedirectUris: [],
      dataDir: resolve('.data'),
      database: { url: undefined, migrate: true },
      sandbox: { enabled: true, port: 3002 },
      demo: true,
      extraction: { rate: { max: 10, durationMs: 1_000 }, concurrency: 10, attempts: 3, timeoutMs: 300_000 },
      signature: { concurrency: 2, delayMs: 2_000 },
      retry: { baseMs: 1_000, jitter: 0.2 },
      syncWaitMs: 25_000,
      shutdownTimeoutMs: 25_000,
      platformRetryBaseMs: 1_000,
      log: { level: 'info', pretty: true },
    });
  });

  it('takes empty variables and blanks for unset ones', () => {
    const { DATABASE_URL, PORT, DEMO, JWT_SECRET, PLATFORM_SPOTIFY_CLIENT_ID } = {
      DATABASE_URL: '',
      PORT: '  ',
      DEMO: '',
      JWT_SECRET: '\t',
      PLATFORM_SPOTIFY_CLIENT_ID: '',
    };
    const config = parseConfig({ DATABASE_URL, PORT, DEMO, JWT_SECRET, PLATFORM_SPOTIFY_CLIENT_ID });
    expect(config).toEqual(parseConfig({}));
    expect(config.platforms.size).toBe(0);
  });

  it('turns the demo conveniences off in production and listens everywhere', () => {
    expect(parseConfig(PRODUCTION)).toMatchObject({
      production: true,
      host: '0.0.0.0',
      publicUrl: 'https://soul.example.org',
      sandbox: { enabled: false },
      demo: false,
      log: { pretty: false },
    });
  });

  it('takes a token for the metrics that a header can carry, and a port that nobody else has', () => {
    expect(parseConfig({ METRICS_PORT: '9464', METRICS_TOKEN: 'abcdefgh-0123456' }).metrics).toEqual({
      port: 9464,
      token: 'abcdefgh-0123456',
    });
    expect(mistakesIn({ METRICS_TOKEN: 'short' })).toEqual([expect.stringContaining('METRICS_TOKEN: must have')]);
    expect(mistakesIn({ METRICS_TOKEN: 'with spaces and more' })).toEqual([expect.stringContaining('METRICS_TOKEN')]);
    expect(mistakesIn({ METRICS_PORT: '3001' })).toEqual(['METRICS_PORT: must differ from PORT']);
    expect(mistakesIn({ METRICS_PORT: '3002' })).toEqual(['METRICS_PORT: must differ from SANDBOX_PORT']);
  });

  it('turns the start limit off with 0', () => {
    expect(parseConfig({ EXTRACTION_RATE_MAX: '0' }).extraction.rate).toBeNull();
  });

  it.each(['-1', '1000000', '0.5', '1e3'])('refuses to start %s extractions a window', (max) => {
    expect(() => parseConfig({ EXTRACTION_RATE_MAX: max })).toThrow(
      'EXTRACTION_RATE_MAX: must be a whole number from 0 to 100000',
    );
  });

  it('drops a slash at the end of the public address, and keeps a path', () => {
    expect(parseConfig({ PUBLIC_URL: 'http://localhost:8080/' }).publicUrl).toBe('http://localhost:8080');
    expect(parseConfig({ PUBLIC_URL: 'https://a.example/soul/' }).publicUrl).toBe('https://a.example/soul');
  });

  it.each([
    ['true', true],
    ['TRUE', true],
    ['on', true],
    ['1', true],
    ['Yes', true],
    ['false', false],
    ['off', false],
    ['0', false],
    ['no', false],
  ])('understands %s as a switch', (word, value) => {
    expect(parseConfig({ DEMO: word }).demo).toBe(value);
  });

  it.each([
    [{}, 'open'],
    [{ HOST: '0.0.0.0' }, 'invite'],
    [{ PUBLIC_URL: 'https://soul.example.org' }, 'invite'],
    [{ HOST: '0.0.0.0', SIGN_UP: 'open' }, 'open'],
    [{ SIGN_UP: 'off' }, 'off'],
  ] as const)('lets people make accounts freely on one machine only: %j', (environment, signUp) => {
    expect(parseConfig(environment).signUp).toBe(signUp);
  });

  describe('reads encryption keys', () => {
    it('in their order', () => {
      const { encryptionKeys } = parseConfig({ TOKEN_ENCRYPTION_KEYS: `${key('new')}, ${key('old')}` });
      expect(encryptionKeys?.map(({ id, key: bytes }) => [id, bytes.length])).toEqual([
        ['new', 32],
        ['old', 32],
      ]);
    });

    it.each([
      ['a short one', key('k', 16)],
      ['a long one', key('k', 48)],
      ['one without an id', Buffer.alloc(32).toString('base64')],
      ['one with an empty id', `:${Buffer.alloc(32).toString('base64')}`],
      ['an id with a dot, which would end it in what it sealed', key('k.1')],
      ['three parts', `${key('k')}:x`],
    ])('and refuses %s', (_, text) => {
      expect(mistakesIn({ TOKEN_ENCRYPTION_KEYS: text })).toEqual([
        expect.stringMatching(/^TOKEN_ENCRYPTION_KEYS: .*id:base64 of 32 bytes/),
      ]);
    });

    it('and refuses two of one name', () => {
      expect(mistakesIn({ TOKEN_ENCRYPTION_KEYS: `${key('k')},${key('k')}` })).toEqual([
        expect.stringMatching(/^TOKEN_ENCRYPTION_KEYS: .*id of its own/),
      ]);
    });

    it('and never repeats one in a message', () => {
      const [mistake] = mistakesIn({ TOKEN_ENCRYPTION_KEYS: `k1:${'c2VjcmV0'.repeat(3)}` });
      expect(mistake).not.toContain('c2VjcmV0');
    });
  });

  describe('lists', () => {
    const wrong: Environment = {
      PORT: '99999',
      DEMO: 'maybe',
      HOST: 'any is fine',
      JWT_SECRET: 'short',
      RETRY_JITTER: '2',
      CORS_ORIGINS: '*',
      LOG_LEVEL: 'loud',
      DATABASE_URL: 'mysql://db',
      EXTRACTION_CONCURRENCY: '0',
      PUBLIC_URL: 'ftp://a',
      PLATFORM_SPOTIFY_TOKEN_URL: 'nowhere',
    };

    it('every mistake once, each with its variable', () => {
      const variables = mistakesIn(wrong).map((line) => line.split(':')[0]);
      expect([...variables].sort()).toEqual(
        Object.keys(wrong)
          .filter((variable) => variable !== 'HOST')
          .sort(),
      );
    });

    it('them in one readable message', () => {
      expect(() => parseConfig({ PORT: 'x', DEMO: 'y' })).toThrow(
        'The configuration has 2 mistakes:\n  - PORT: must be a whole number from 1 to 65535\n  - DEMO: must be true or false',
      );
    });

    it('what production lacks beside what is written wrongly', () => {
      const variables = mistakesIn({ NODE_ENV: 'production', PORT: 'x' }).map((line) => line.split(':')[0]);
      expect([...variables].sort()).toEqual([
        'DATABASE_URL',
        'JWT_SECRET',
        'PORT',
        'PUBLIC_URL',
        'TOKEN_ENCRYPTION_KEYS',
      ]);
    });

    it('a variable that is written wrongly once, not as missing too', () => {
      const mistakes = mistakesIn({ ...PRODUCTION, JWT_SECRET: 'short', PUBLIC_URL: 'x' });
      expect(mistakes.map((line) => line.split(':')[0])).toEqual(['PUBLIC_URL', 'JWT_SECRET']);
    });

    it.each(['-1', '1.5', '1e3', '0x10', ' 7', '٣', '12345678901234567890', 'Infinity', 'NaN'])(
      '%j as no whole number',
      (text) => {
        expect(mistakesIn({ EXTRACTION_ATTEMPTS: text })).toEqual([expect.stringMatching(/^EXTRACTION_ATTEMPTS: /)]);
      },
    );

    it('no secret, whatever is wrong with it', () => {
      fc.assert(
        fc.property(fc.stringMatching(/^[a-z0-9]{12,31}$/), (secret) => {
          for (const line of mistakesIn({ JWT_SECRET: secret, TOKEN_ENCRYPTION_KEYS: secret, DATABASE_URL: secret })) {
            expect(line).not.toContain(secret);
          }
        }),
      );
    });
  });

  describe('demands in production', () => {
    it('the https address, a server, a way to check tokens, and encryption keys', () => {
      expect(mistakesIn({ NODE_ENV: 'production' })).toEqual([
        expect.stringMatching(/^PUBLIC_URL: .*https/),
        expect.stringMatching(/^DATABASE_URL: /),
        expect.stringMatching(/^JWT_SECRET: .*JWT_JWKS_URL/),
        expect.stringMatching(/^TOKEN_ENCRYPTION_KEYS: /),
      ]);
      expect(mistakesIn(PRODUCTION)).toEqual([]);
    });

    it('https also where an address is given', () => {
      expect(mistakesIn({ ...PRODUCTION, PUBLIC_URL: 'http://soul.example.org' })).toEqual([
        expect.stringMatching(/^PUBLIC_URL: /),
      ]);
    });

    it('a password of the dashboard that takes long to guess, where there is one', () => {
      const at = (password: string) => mistakesIn({ ...PRODUCTION, DASHBOARD_PASSWORD: password });
      expect(at('eleven char')).toEqual([expect.stringMatching(/^DASHBOARD_PASSWORD: .*at least 12 characters/)]);
      expect(at('twelve chars')).toEqual([]);
      expect(mistakesIn({ DASHBOARD_PASSWORD: 'demo-demo' })).toEqual([]);
    });

    it.each(['DEMO', 'SANDBOX'])('that nobody sets %s, unless the risk is named', (variable) => {
      const careless = { ...PRODUCTION, [variable]: 'true' };
      expect(mistakesIn(careless)).toEqual([expect.stringMatching(`^${variable}: .*ALLOW_DEMO_IN_PRODUCTION=true`)]);
      expect(mistakesIn({ ...careless, ALLOW_DEMO_IN_PRODUCTION: 'true' })).toEqual([]);
      expect(mistakesIn({ ...PRODUCTION, [variable]: 'false' })).toEqual([]);
      expect(mistakesIn({ [variable]: 'true' })).toEqual([]);
    });

    it('https even of a demo, save on this machine', () => {
      const demoAt = (url: string) => mistakesIn({ ...PRODUCTION, PUBLIC_URL: url, ALLOW_DEMO_IN_PRODUCTION: 'true' });
      expect(demoAt('http://127.0.0.1:3001')).toEqual([]);
      expect(demoAt('http://soul.example.org')).toEqual([expect.stringMatching(/^PUBLIC_URL: /)]);
      expect(mistakesIn({ ...PRODUCTION, PUBLIC_URL: 'http://127.0.0.1:3001' })).toHaveLength(1);
    });

    it('https of a key set, on this machine too', () => {
      const keys = { JWT_SECRET: '', JWT_ISSUER: 'i', JWT_AUDIENCE: 'a' };
      const inProduction = (url: string) => mistakesIn({ ...PRODUCTION, ...keys, JWT_JWKS_URL: url });
      const refused = [expect.stringMatching(/^JWT_JWKS_URL: must be https/)];
      expect(inProduction('https://issuer.example/keys')).toEqual([]);
      expect(inProduction('http://issuer.example/keys')).toEqual(refused);
      expect(inProduction('http://127.0.0.1:9/keys')).toEqual(refused);
      expect(mistakesIn({ ...keys, JWT_JWKS_URL: 'http://127.0.0.1:9/keys' })).toEqual([]);
      expect(mistakesIn({ ...keys, JWT_JWKS_URL: 'http://localhost:9/keys' })).toEqual([]);
      expect(mistakesIn({ ...keys, JWT_JWKS_URL: 'http://issuer.example/keys' })).toEqual(refused);
    });

    it('nothing of the kind from the sandbox alone', () => {
      expect(mistakesIn({ NODE_ENV: 'production', ROLE: 'sandbox' })).toEqual([]);
    });

    it('https for platforms, save on this machine', () => {
      const at = (url: string) => mistakesIn({ ...PRODUCTION, PLATFORM_SPOTIFY_API_URL: url });
      expect(at('http://api.example.org')).toEqual([expect.stringMatching(/^PLATFORM_SPOTIFY_API_URL: plain http/)]);
      expect(at('http://127.0.0.1:9')).toEqual([]);
      expect(at('http://[::1]:9')).toEqual([]);
      expect(at('http://localhost:9')).toEqual([]);
      expect(at('http://localhost.example.org')).toHaveLength(1);
      expect(at('http://127.0.0.1.example.org')).toHaveLength(1);
    });
  });

  describe('refuses contradictions', () => {
    it('two ways to check tokens', () => {
      const both = { JWT_SECRET: 'x'.repeat(32), JWT_JWKS_URL: 'https://issuer.example/keys' };
      expect(mistakesIn({ ...both, JWT_ISSUER: 'i', JWT_AUDIENCE: 'a' })).toEqual([
        expect.stringMatching(/^JWT_SECRET, JWT_JWKS_URL: /),
      ]);
    });

    it('a key set whose issuer or audience nobody checks', () => {
      const keys = { JWT_JWKS_URL: 'https://issuer.example/keys' };
      for (const half of [{}, { JWT_ISSUER: 'i' }, { JWT_AUDIENCE: 'a' }]) {
        expect(mistakesIn({ ...keys, ...half })).toEqual([expect.stringMatching(/^JWT_ISSUER, JWT_AUDIENCE: /)]);
      }
      expect(mistakesIn({ ...keys, JWT_ISSUER: 'i', JWT_AUDIENCE: 'a' })).toEqual([]);
    });

    it('one port for two things', () => {
      expect(mistakesIn({ PORT: '4000', SANDBOX_PORT: '4000' })).toEqual([expect.stringMatching(/^SANDBOX_PORT: /)]);
    });
  });

  describe('takes addresses exactly', () => {
    it.each([
      '*',
      'https://a.example/',
      'https://a.example/app',
      'a.example',
      'https://u:p@a.example',
      'HTTPS://A.example',
    ])('and refuses %s as an origin', (text) => {
      expect(mistakesIn({ CORS_ORIGINS: `https://ok.example,${text}` })).toEqual([
        expect.stringMatching(/^CORS_ORIGINS: /),
      ]);
    });

    it.each([
      'https://a.example',
      'https://a.example/cb?x=1',
      'https://a.example/cb#x',
      'https://a.example/../cb',
      'javascript:alert(1)',
      '/cb',
    ])('and refuses %s as a redirect address', (text) => {
      expect(mistakesIn({ CONNECT_REDIRECT_URIS: text })).toEqual([expect.stringMatching(/^CONNECT_REDIRECT_URIS: /)]);
    });

    it('and takes good ones as they are', () => {
      const origins = ['https://a.example', 'http://localhost:5173'];
      const uris = ['https://a.example/cb', 'http://localhost:5173/'];
      const config = parseConfig({ CORS_ORIGINS: origins.join(' , '), CONNECT_REDIRECT_URIS: uris.join(',') });
      expect(config.corsOrigins).toEqual(origins);
      expect(config.connectRedirectUris).toEqual(uris);
    });
  });

  describe('reads allowed hosts', () => {
    it('beside that of the public address, in lower case', () => {
      expect(parseConfig({}).allowedHosts).toEqual(['127.0.0.1']);
      const { allowedHosts } = parseConfig({
        PUBLIC_URL: 'https://Soul.example.org:8443/app',
        ALLOWED_HOSTS: 'Soul.local, 192.168.1.7,[fd00::1]',
      });
      expect(allowedHosts).toEqual(['soul.example.org', 'soul.local', '192.168.1.7', '[fd00::1]']);
    });

    it.each([
      '*',
      '*.example.org',
      'https://a.example',
      'a.example:3001',
      'a.example/x',
      'fd00::1',
      'a b',
      '.a',
      '127.1',
    ])('and refuses %s', (text) => {
      expect(mistakesIn({ ALLOWED_HOSTS: `ok.example,${text}` })).toEqual([
        expect.stringMatching(/^ALLOWED_HOSTS: must be a host name/),
      ]);
    });
  });

  describe('reads platforms', () => {
    it('by name, in lower case with dashes', () => {
      const { platforms } = parseConfig({
        PLATFORM_SPOTIFY_CLIENT_ID: 'id',
        PLATFORM_SPOTIFY_CLIENT_SECRET: 'secret',
        PLATFORM_SPOTIFY_SCOPES: 'user-read, user-top  more',
        PLATFORM_GOOGLE_CALENDAR_CLIENT_ID: 'calendar',
        PLATFORM_GOOGLE_CALENDAR_API_URL: 'https://proxy.example/google/',
        PLATFORM_RETRY_BASE_MS: '5',
        PLATFORM_SPOTIFY_COLOUR: 'green',
      });
      expect(Object.fromEntries(platforms)).toEqual({
        spotify: { clientId: 'id', clientSecret: 'secret', scopes: ['user-read', 'user-top', 'more'] },
        'google-calendar': { clientId: 'calendar', apiUrl: 'https://proxy.example/google' },
      });
    });

    it('and misses the id beside a secret', () => {
      expect(mistakesIn({ PLATFORM_GOOGLE_CALENDAR_CLIENT_SECRET: 's' })).toEqual([
        expect.stringMatching(/^PLATFORM_GOOGLE_CALENDAR_CLIENT_ID: /),
      ]);
    });
  });
});
