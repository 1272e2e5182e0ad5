import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseEnv } from 'node:util';
import { parse } from 'yaml';
import { ENVIRONMENT_VARIABLES, parseConfig } from '../../src/config/config.js';
import { PLATFORM_SETTINGS } from '../../src/config/platform-settings.js';
import { platforms } from '../../src/platforms/registry.js';

interface Service {
  readonly image?: string;
  readonly build?: string;
  readonly user?: string;
  readonly command?: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly profiles?: readonly string[];
  readonly read_only?: boolean;
  readonly cap_drop?: readonly string[];
  readonly security_opt?: readonly string[];
  readonly privileged?: boolean;
  readonly cap_add?: readonly string[];
}

const read = (path: string) => readFileSync(resolve(path), 'utf8');
const compose = parse(read('docker-compose.yml'), { merge: true }) as {
  readonly services: Readonly<Record<string, Service>>;
};
const services = Object.entries(compose.services);
const product = ['api', 'worker'].map((name) => [name, compose.services[name]!] as const);

/** Those that the file gives a value of its own, and those that mean nothing in a container. */
const SET_BY_THE_FILE = [
  'NODE_ENV',
  'ROLE',
  'HOST',
  'PORT',
  'DATABASE_URL',
  'REDIS_URL',
  'SANDBOX',
  'METRICS_PORT',
  'UPLOADS_DIR',
];
const WITHOUT_MEANING = ['UPSTASH_REDIS_URL', 'DATA_DIR', 'SANDBOX_PORT'];

/** As Compose puts values in the place of variables. @throws Error where one is demanded that is not set */
function interpolated(text: string, env: Readonly<Record<string, string | undefined>>): string {
  return text.replace(/\$\{(\w+)(?:(:[-?])([^}]*))?\}/g, (_, name: string, form: string | undefined, rest = '') => {
    const value = env[name] ?? '';
    if (value === '' && form === ':?') throw new Error(`${name}: ${rest}`);
    return value === '' && form === ':-' ? rest : value;
  });
}

function environmentOf(service: Service, env: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(service.environment).map(([name, value]) => [name, interpolated(value, env)]),
  );
}

const SECRETS = {
  PUBLIC_URL: 'https://soul.example.org',
  POSTGRES_PASSWORD: 'p'.repeat(20),
  REDIS_PASSWORD: 'r'.repeat(20),
  JWT_SECRET: 'f'.repeat(32),
  TOKEN_ENCRYPTION_KEYS: `k1:${Buffer.alloc(32, 'k').toString('base64')}`,
};

describe('docker-compose.yml', () => {
  describe.each(product)('gives to the %s', (_, service) => {
    it('every variable that the configuration and the platforms have', () => {
      const ofPlatforms = platforms.flatMap(({ name }) =>
        PLATFORM_SETTINGS.map((setting) => `PLATFORM_${name.toUpperCase().replaceAll('-', '_')}_${setting}`),
      );
      const known = [...ENVIRONMENT_VARIABLES, ...ofPlatforms].filter((name) => !WITHOUT_MEANING.includes(name));
      expect(Object.keys(service.environment).sort()).toEqual(known.sort());
    });

    it('each as it is set, under its own name', () => {
      for (const [name, value] of Object.entries(service.environment)) {
        if (SET_BY_THE_FILE.includes(name)) continue;
        expect([name, value]).toEqual([name, expect.stringMatching(`^\\$\\{${name}:[-?]`)]);
      }
    });

    it('what starts in production', () => {
      const config = parseConfig(
        environmentOf(service, { ...SECRETS, TRUST_PROXY: 'true', CORS_ORIGINS: 'https://app.example.org' }),
      );
      expect(config).toMatchObject({
        production: true,
        demo: false,
        sandbox: { enabled: false },
        host: '0.0.0.0',
        port: 3001,
        trustProxy: true,
        corsOrigins: ['https://app.example.org'],
        redis: { urls: [`redis://:${SECRETS.REDIS_PASSWORD}@redis:6379`] },
      });
    });

    it('what starts as a demo, in which production sees a demo', () => {
      const demo = parseEnv(read('.env.demo')) as Record<string, string>; // All values are texts.
      expect(parseConfig(environmentOf(service, demo))).toMatchObject({ production: true, demo: true });
      const unnamed = { ...demo, ALLOW_DEMO_IN_PRODUCTION: '' };
      const start = () => parseConfig(environmentOf(service, unnamed));
      for (const variable of [
        'PUBLIC_URL',
        'DEMO',
        'DATABASE_URL',
        'REDIS_URL',
        'JWT_SECRET',
        'TOKEN_ENCRYPTION_KEYS',
        'DASHBOARD_PASSWORD',
        'PLATFORM_SPOTIFY_TOKEN_URL',
      ]) {
        expect(start).toThrow(`\n  - ${variable}: `);
      }
    });

    it.each(['POSTGRES_PASSWORD', 'REDIS_PASSWORD', 'TOKEN_ENCRYPTION_KEYS'])('nothing without %s', (name) => {
      expect(() => environmentOf(service, { ...SECRETS, [name]: '' })).toThrow(`${name}: set ${name}`);
    });
  });

  it.each(services)('confines %s', (_, service) => {
    expect(service).toMatchObject({
      read_only: true,
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
    });
    expect([service.privileged, service.cap_add]).toEqual([undefined, undefined]);
    // The image of the product has a user of its own.
    expect(service.user ?? (service.build === '.' && read('Dockerfile').includes('\nUSER node\n'))).toBeTruthy();
  });

  it.each(services)('publishes %s to this machine only', (_, { ports = [] }) => {
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:/);
  });

  it('publishes neither the database nor Redis', () => {
    expect([compose.services['postgres']?.ports, compose.services['redis']?.ports]).toEqual([undefined, undefined]);
  });

  it('lets the product ask the sandbox by the name that the demo has for it', () => {
    const { hostname } = new URL(parseEnv(read('.env.demo'))['PLATFORM_SPOTIFY_API_URL'] ?? '');
    expect(parseConfig(compose.services['sandbox']!.environment).allowedHosts).toContain(hostname);
  });

  it('gives Redis a password', () => {
    const { command = [], environment } = compose.services['redis']!;
    const password = '${REDIS_PASSWORD:?set REDIS_PASSWORD}';
    expect(command[command.indexOf('--requirepass') + 1]).toBe(password);
    expect(environment).toEqual({ REDISCLI_AUTH: password });
  });

  it('names the version of every image, down to the patch', () => {
    const images = services.flatMap(([, { image }]) => image ?? []);
    const bases = [...read('Dockerfile').matchAll(/^FROM (\S+)/gm)].map(([, image = '']) => image);
    for (const image of images) expect(image).toMatch(/^[a-z]+:\d+\.\d+(\.\d+)?-bookworm$/);
    expect(bases).toHaveLength(2);
    for (const base of bases) expect(base).toMatch(/^node:24\.\d+\.\d+-bookworm-slim$/);
  });
});
