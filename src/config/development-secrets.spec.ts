import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseConfig } from './config.js';
import { withDevelopmentSecrets } from './development-secrets.js';

describe('The secrets of development', () => {
  let folder: string;

  beforeEach(() => {
    folder = join(mkdtempSync(join(tmpdir(), 'secrets-')), 'data');
  });

  afterEach(() => {
    rmSync(join(folder, '..'), { recursive: true, force: true });
  });

  const secretsIn = (dataDir: string, environment: Record<string, string> = {}) => {
    const { jwt, encryptionKeys } = withDevelopmentSecrets(parseConfig({ DATA_DIR: dataDir, ...environment }));
    return { jwt: jwt.secret, keys: encryptionKeys.map(({ id, key }) => [id, key.toString('base64')]) };
  };

  it('are made once and are the same after every restart', () => {
    const first = secretsIn(folder);
    expect(first.jwt!.length).toBeGreaterThanOrEqual(32);
    expect(Buffer.from(first.keys[0]![1]!, 'base64')).toHaveLength(32);
    expect(secretsIn(folder)).toEqual(first);
  });

  it('are others in another folder, and differ from each other', () => {
    const [one, two] = [secretsIn(folder), secretsIn(join(folder, '..', 'other'))];
    expect(two.jwt).not.toBe(one.jwt);
    expect(two.keys[0]![1]).not.toBe(one.keys[0]![1]);
    expect(one.jwt).not.toBe(one.keys[0]![1]);
  });

  it('are for their owner only', () => {
    secretsIn(folder);
    const modes = readdirSync(folder).map((name) => [name, statSync(join(folder, name)).mode & 0o777]);
    expect(Object.fromEntries(modes)).toEqual({ 'jwt-secret': 0o600, 'token-encryption-key': 0o600 });
    expect(statSync(folder).mode & 0o777).toBe(0o700);
  });

  it('are left alone where others are given', () => {
    const given = {
      JWT_SECRET: 'g'.repeat(32),
      TOKEN_ENCRYPTION_KEYS: `mine:${Buffer.alloc(32, 1).toString('base64')}`,
    };
    expect(secretsIn(folder, given)).toMatchObject({ jwt: 'g'.repeat(32), keys: [['mine', expect.any(String)]] });
    expect(() => readdirSync(folder)).toThrow('ENOENT');
  });

  it('are no shared secret where tokens come from an issuer', () => {
    const keySet = { JWT_JWKS_URL: 'https://issuer.example/keys', JWT_ISSUER: 'i', JWT_AUDIENCE: 'a' };
    expect(secretsIn(folder, keySet).jwt).toBeUndefined();
  });

  it('are never read half-written: a draft of a process that died is not one', () => {
    const { jwt } = secretsIn(folder);
    writeFileSync(join(folder, 'jwt-secret.1234'), 'half');
    expect(secretsIn(folder).jwt).toBe(jwt);
    expect(readFileSync(join(folder, 'jwt-secret'), 'utf8')).toBe(jwt);
  });
});
