import { join, resolve } from 'node:path';
import { z } from 'zod';
import type { ProcessParts } from './process-parts.js';
import { openIdMistakes, openIdSettings, openIdVariables } from './openid-settings.js';
import { readPlatformSettings, type PlatformSettings } from './platform-settings.js';
import {
  cronPattern,
  flag,
  hostName,
  httpUrl,
  integer,
  isLoopbackHost,
  list,
  number,
  requestBudget,
} from './environment-values.js';
import { publishedSecretsIn } from './published-secrets.js';

const encryptionKey = z.string().transform((text, context) => {
  const [id, encoded, ...rest] = text.split(':');
  const key = Buffer.from(encoded ?? '', 'base64');
  if (!id || !/^[A-Za-z0-9_-]{1,32}$/.test(id) || rest.length > 0 || key.length !== 32) {
    context.addIssue({
      code: 'custom',
      message: 'each key must read id:base64 of 32 bytes, e.g. k1:$(openssl rand -base64 32)',
    });
    return z.NEVER;
  }
  return { id, key };
});

const origin = httpUrl.refine(
  (url) => new URL(url).origin === url,
  'must be an origin without a path, e.g. https://app.example.org',
);

const redirectUri = httpUrl.refine((text) => {
  const url = new URL(text);
  return url.href === text && url.search === '' && url.hash === '';
}, 'must be exact, as browsers write it, without query and fragment');

const redisUrl = z
  .string()
  .refine((text) => /^rediss?:\/\//.test(text) && URL.canParse(text), 'must be a redis:// or rediss:// URL');

/** Every environment variable, with its default. Names and meanings are a contract; see docs/configuration.md. */
const environmentSchema = z.object({
  NODE_ENV: z.enum(['development', 'test', 'production']).default('development'),
  ROLE: z.enum(['all', 'api', 'worker', 'sandbox']).default('all'),
  HOST: z.string().optional(),
  PORT: integer(1, 65_535).default(3001),
  PUBLIC_URL: httpUrl.optional(),
  ALLOWED_HOSTS: list(hostName).default([]),
  TRUST_PROXY: flag.default(false),
  CORS_ORIGINS: list(origin).default([]),
  CONNECT_REDIRECT_URIS: list(redirectUri).default([]),
  DATABASE_URL: z
    .string()
    .refine(
      (text) => /^postgres(ql)?:\/\//.test(text) && URL.canParse(text),
      'must be a postgres:// URL, special characters of the password percent-encoded',
    )
    .optional(),
  DATA_DIR: z.string().default('.data'),
  MIGRATE: flag.default(true),
  REDIS_URL: list(redisUrl).optional(),
  UPSTASH_REDIS_URL: list(redisUrl).optional(),
  QUEUE_PREFIX: z
    .string()
    .regex(/^[\w{}-]{1,50}$/, 'must be a short word')
    .default('soul'),
  METRICS_PORT: integer(1, 65_535).optional(),
  METRICS_TOKEN: z
    .string()
    .regex(/^[\w.~+/=-]{16,}$/, 'must have at least 16 characters, all of them letters, digits or one of -._~+/=')
    .optional(),
  DASHBOARD_PASSWORD: z.string().min(8, 'must have at least 8 characters').optional(),
  JWT_SECRET: z.string().min(32, 'must have at least 32 characters (RFC 7518 section 3.2)').optional(),
  JWT_JWKS_URL: httpUrl.optional(),
  JWT_ISSUER: z.string().optional(),
  JWT_AUDIENCE: z.string().optional(),
  TOKEN_ENCRYPTION_KEYS: list(encryptionKey).optional(),
  PLATFORM_RETRY_BASE_MS: integer(0, 60_000).default(1_000),
  PLATFORM_BUDGET: requestBudget.default({ requests: 1_000, perMs: 1_000 }),
  API_RATE_MAX: integer(0, 1_000_000).default(300),
  API_RATE_DURATION: integer(1, 86_400_000).default(60_000),
  SANDBOX: flag.optional(),
  SANDBOX_PORT: integer(1, 65_535).default(3002),
  DEMO: flag.optional(),
  SIGN_UP: z.enum(['open', 'invite', 'off'], 'must be open, invite or off').optional(),
  ...openIdVariables,
  ALLOW_DEMO_IN_PRODUCTION: flag.default(false),
  API_DOCS: flag.default(true),
  EXTRACTION_RATE_MAX: integer(0, 100_000).default(10),
  EXTRACTION_RATE_DURATION: integer(1, 86_400_000).default(1_000),
  EXTRACTION_CONCURRENCY: integer(1, 1_000).default(10),
  SIGNATURE_CONCURRENCY: integer(1, 1_000).default(2),
  UPLOADS_DIR: z.string().optional(),
  IMPORT_CONCURRENCY: integer(1, 100).default(2),
  IMPORT_MAX_FILE_BYTES: integer(1, 2 ** 40).default(512 * 2 ** 20),
  IMPORT_MAX_UPLOAD_BYTES: integer(1, 2 ** 40).default(2 * 2 ** 30),
  IMPORT_MAX_STORED_BYTES: integer(1, 2 ** 40).default(2 ** 30),
  EXTRACTION_ATTEMPTS: integer(1, 100).default(3),
  RETRY_BASE_MS: integer(0, 3_600_000).default(1_000),
  RETRY_JITTER: number(0, 1).default(0.2),
  EXTRACTION_SCHEDULE: cronPattern.default('0 2 * * *'),
  EXTRACTION_RELIST_DAYS: integer(0, 365).default(7),
  EXTRACTION_TIMEOUT_MS: integer(100, 86_400_000).default(300_000),
  SYNC_WAIT_MS: integer(0, 600_000).default(25_000),
  SIGNATURE_DELAY_MS: integer(0, 3_600_000).default(2_000),
  JOB_RETENTION_DAYS: integer(1, 36_500).default(90),
  EVENT_RETENTION_DAYS: integer(1, 36_500).default(30),
  SIGNATURE_RETENTION_DAYS: integer(1, 36_500).default(365),
  SHUTDOWN_TIMEOUT_MS: integer(0, 600_000).default(25_000),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),
  LOG_PRETTY: flag.optional(),
});

/** The fewest characters of a password in production. */
const LONG_PASSWORD = 12;
/** The names of all variables except those of platforms (see `PLATFORM_SETTINGS`). */
export const ENVIRONMENT_VARIABLES: readonly string[] = Object.keys(environmentSchema.shape);

type Environment = z.output<typeof environmentSchema>;

/** The validated settings of this process. Durations are milliseconds. */
export type Config = ReturnType<typeof toConfig>;

/** All mistakes in the environment at once: one line each, with the name of the variable. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  constructor(readonly mistakes: readonly string[]) {
    super(
      `The configuration has ${mistakes.length === 1 ? 'a mistake' : `${mistakes.length} mistakes`}:\n${mistakes.map((line) => `  - ${line}`).join('\n')}`,
    );
  }
}

/**
 * Checks an environment (names to strings; empty counts as unset) and turns it into settings.
 * @throws ConfigError listing every mistake
 */
export function parseConfig(environment: Readonly<Record<string, string | undefined>>): Config {
  const set = Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== undefined && value.trim() !== ''),
  );
  const parsed = environmentSchema.safeParse(set);
  const production = set['NODE_ENV'] === 'production';
  const isDemo = flag.safeParse(set['ALLOW_DEMO_IN_PRODUCTION']).data === true;
  const platforms = readPlatformSettings(set, { allowPlainHttp: !production || isDemo });
  const issues = parsed.error?.issues ?? [];
  const mistakes = new Set([
    ...issues.map((issue) => `${String(issue.path[0])}: ${issue.message}`),
    ...platforms.mistakes,
    ...(production && !isDemo ? publishedSecretsIn(set) : []),
    ...(parsed.success ? findContradictions(parsed.data) : findContradictionsBeside(issues, set)),
  ]);
  if (!parsed.success || mistakes.size > 0) throw new ConfigError([...mistakes]);
  return toConfig(parsed.data, platforms.settings);
}

/** Contradictions in an environment that also has invalid values, except those that follow from the invalid values. */
function findContradictionsBeside(
  issues: readonly z.core.$ZodIssue[],
  environment: Readonly<Record<string, string | undefined>>,
): string[] {
  const wrong = new Set(issues.map((issue) => String(issue.path[0])));
  const rest = Object.entries(environment).filter(([variable]) => !wrong.has(variable));
  const parsed = environmentSchema.safeParse(Object.fromEntries(rest));
  if (!parsed.success) return [];
  return findContradictions(parsed.data).filter((line) => !(line.match(/\w+/g) ?? []).some((word) => wrong.has(word)));
}

/** Rules over several variables, and the requirements of production. */
function findContradictions(env: Environment): string[] {
  const mistakes: string[] = [];
  if (env.JWT_SECRET && env.JWT_JWKS_URL) mistakes.push('JWT_SECRET, JWT_JWKS_URL: set one of the two, not both');
  if (env.JWT_JWKS_URL && !(env.JWT_ISSUER && env.JWT_AUDIENCE)) {
    mistakes.push(
      'JWT_ISSUER, JWT_AUDIENCE: both are needed with JWT_JWKS_URL, or tokens made for others would be accepted',
    );
  }
  if (env.JWT_JWKS_URL && !mayFetchKeys(new URL(env.JWT_JWKS_URL), env)) {
    mistakes.push(
      'JWT_JWKS_URL: must be https, or whoever is on the way could sign tokens; outside of production this machine may use http',
    );
  }
  mistakes.push(...openIdMistakes(env, (issuer) => mayFetchKeys(issuer, env)));
  const ids = (env.TOKEN_ENCRYPTION_KEYS ?? []).map((key) => key.id);
  if (new Set(ids).size < ids.length) mistakes.push('TOKEN_ENCRYPTION_KEYS: every key needs an id of its own');
  if (env.REDIS_URL && env.UPSTASH_REDIS_URL) {
    mistakes.push('REDIS_URL, UPSTASH_REDIS_URL: set one of the two, not both');
  }
  if (env.ROLE === 'api' || env.ROLE === 'worker') {
    if (!env.REDIS_URL && !env.UPSTASH_REDIS_URL) {
      mistakes.push(`REDIS_URL: ROLE=${env.ROLE} needs Redis between the processes`);
    }
    if (!env.DATABASE_URL) {
      mistakes.push(`DATABASE_URL: ROLE=${env.ROLE} needs a PostgreSQL server that the processes share`);
    }
  }
  if (env.SANDBOX_PORT === env.PORT) mistakes.push('SANDBOX_PORT: must differ from PORT');
  if (env.METRICS_PORT === env.PORT) mistakes.push('METRICS_PORT: must differ from PORT');
  if (env.METRICS_PORT === env.SANDBOX_PORT) mistakes.push('METRICS_PORT: must differ from SANDBOX_PORT');
  if (env.NODE_ENV !== 'production' || env.ROLE === 'sandbox') return mistakes;

  const isDemo = env.ALLOW_DEMO_IN_PRODUCTION;
  if (!env.PUBLIC_URL?.startsWith('https://') && !(isDemo && isOnThisMachine(env.PUBLIC_URL))) {
    mistakes.push('PUBLIC_URL: production needs the https address people open');
  }
  if (env.DEMO && !isDemo) {
    mistakes.push(`DEMO: anybody could sign in as anybody; production refuses it without ${DEMO_SWITCH}`);
  }
  if (env.SANDBOX && !isDemo) {
    mistakes.push(`SANDBOX: invented platforms beside real ones; production refuses them without ${DEMO_SWITCH}`);
  }
  if (!env.DATABASE_URL) mistakes.push('DATABASE_URL: production needs a PostgreSQL server');
  if (!env.JWT_SECRET && !env.JWT_JWKS_URL) {
    mistakes.push('JWT_SECRET: production needs JWT_SECRET, or JWT_JWKS_URL with JWT_ISSUER and JWT_AUDIENCE');
  }
  if (!env.TOKEN_ENCRYPTION_KEYS) {
    mistakes.push('TOKEN_ENCRYPTION_KEYS: production needs at least one key, e.g. k1:$(openssl rand -base64 32)');
  }
  if (env.DASHBOARD_PASSWORD !== undefined && env.DASHBOARD_PASSWORD.length < LONG_PASSWORD) {
    mistakes.push(
      `DASHBOARD_PASSWORD: production needs at least ${LONG_PASSWORD} characters, e.g. $(openssl rand -base64 24); without one it admits admin tokens only`,
    );
  }
  return mistakes;
}

const DEMO_SWITCH = 'ALLOW_DEMO_IN_PRODUCTION=true';

function mayFetchKeys({ protocol, hostname }: URL, { NODE_ENV }: Environment): boolean {
  return protocol === 'https:' || (NODE_ENV !== 'production' && isLoopbackHost(hostname));
}

function isOnThisMachine(url: string | undefined): boolean {
  return url !== undefined && isLoopbackHost(new URL(url).hostname);
}

function toConfig(env: Environment, platforms: ReadonlyMap<string, PlatformSettings>) {
  const production = env.NODE_ENV === 'production';
  const redisUrls = env.REDIS_URL ?? env.UPSTASH_REDIS_URL;
  const publicUrl = new URL(env.PUBLIC_URL ?? `http://127.0.0.1:${env.PORT}`);
  const host = env.HOST ?? (production ? '0.0.0.0' : '127.0.0.1');
  return {
    production,
    role: env.ROLE,
    parts: { api: env.ROLE !== 'worker', work: env.ROLE !== 'api' } satisfies ProcessParts,
    host,
    port: env.PORT,
    /** Without a trailing slash. */
    publicUrl: publicUrl.href.replace(/\/+$/, ''),
    /** Host names that requests may be for, as browsers write them; development also takes those of this machine. */
    allowedHosts: [publicUrl.hostname, ...env.ALLOWED_HOSTS],
    trustProxy: env.TRUST_PROXY,
    corsOrigins: env.CORS_ORIGINS,
    connectRedirectUris: env.CONNECT_REDIRECT_URIS,
    dataDir: resolve(env.DATA_DIR),
    database: { url: env.DATABASE_URL, migrate: env.MIGRATE },
    redis: redisUrls === undefined ? undefined : { urls: redisUrls, prefix: env.QUEUE_PREFIX },
    metrics: { port: env.METRICS_PORT, token: env.METRICS_TOKEN },
    dashboardPassword: env.DASHBOARD_PASSWORD,
    jwt: { secret: env.JWT_SECRET, jwksUrl: env.JWT_JWKS_URL, issuer: env.JWT_ISSUER, audience: env.JWT_AUDIENCE },
    encryptionKeys: env.TOKEN_ENCRYPTION_KEYS,
    platforms,
    platformBudget: env.PLATFORM_BUDGET,
    platformRetryBaseMs: env.PLATFORM_RETRY_BASE_MS,
    sandbox: { enabled: env.SANDBOX ?? !production, port: env.SANDBOX_PORT },
    api: {
      /** Requests of one user or address; null is no limit. */
      rate: env.API_RATE_MAX === 0 ? null : { max: env.API_RATE_MAX, durationMs: env.API_RATE_DURATION },
    },
    demo: env.DEMO ?? !production,
    /** Who may make an account: everybody, those with an invitation, or nobody. */
    signUp:
      env.SIGN_UP ?? (!production && isLoopbackHost(host) && isLoopbackHost(publicUrl.hostname) ? 'open' : 'invite'),
    /** The OpenID provider with which people sign in, where there is one. */
    oidc: openIdSettings(env),
    apiDocs: env.API_DOCS,
    extraction: {
      rate:
        env.EXTRACTION_RATE_MAX === 0
          ? null
          : { max: env.EXTRACTION_RATE_MAX, durationMs: env.EXTRACTION_RATE_DURATION },
      concurrency: env.EXTRACTION_CONCURRENCY,
      attempts: env.EXTRACTION_ATTEMPTS,
      timeoutMs: env.EXTRACTION_TIMEOUT_MS,
      /** A cron pattern in each user's zone; null is off. */
      schedule: env.EXTRACTION_SCHEDULE,
      relistMs: env.EXTRACTION_RELIST_DAYS * 86_400_000,
    },
    signature: { concurrency: env.SIGNATURE_CONCURRENCY, delayMs: env.SIGNATURE_DELAY_MS },
    imports: {
      folder: resolve(env.UPLOADS_DIR ?? join(env.DATA_DIR, 'uploads')),
      concurrency: env.IMPORT_CONCURRENCY,
      fileBytes: env.IMPORT_MAX_FILE_BYTES,
      uploadBytes: env.IMPORT_MAX_UPLOAD_BYTES,
      storedBytes: env.IMPORT_MAX_STORED_BYTES,
    },
    retry: { baseMs: env.RETRY_BASE_MS, jitter: env.RETRY_JITTER },
    syncWaitMs: env.SYNC_WAIT_MS,
    retention: {
      jobDays: env.JOB_RETENTION_DAYS,
      eventDays: env.EVENT_RETENTION_DAYS,
      signatureDays: env.SIGNATURE_RETENTION_DAYS,
    },
    shutdownTimeoutMs: env.SHUTDOWN_TIMEOUT_MS,
    log: { level: env.LOG_LEVEL, pretty: env.LOG_PRETTY ?? !production },
  } as const;
}
