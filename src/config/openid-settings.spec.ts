import { ConfigError, parseConfig } from './config.js';

const PROVIDER = {
  OIDC_ISSUER: 'https://id.example.org/realms/people',
  OIDC_CLIENT_ID: 'soul',
  OIDC_CLIENT_SECRET: 'the secret of the client',
};

function mistakesIn(environment: Readonly<Record<string, string>>): readonly string[] {
  try {
    parseConfig(environment);
  } catch (error) {
    if (error instanceof ConfigError) return error.mistakes;
    throw error;
  }
  return [];
}

describe('The settings of the OpenID provider', () => {
  it('are none where none is set', () => {
    expect(parseConfig({}).oidc).toBeUndefined();
  });

  it('need an issuer and a client only', () => {
    expect(parseConfig(PROVIDER).oidc).toEqual({
      issuer: 'https://id.example.org/realms/people',
      clientId: 'soul',
      clientSecret: 'the secret of the client',
      title: 'id.example.org',
      scopes: ['openid', 'profile'],
      adminClaim: undefined,
      allowed: [],
    });
  });

  it('say who may come in and who is an operator, and ask for the address only to compare its domain', () => {
    const { oidc } = parseConfig({
      ...PROVIDER,
      OIDC_TITLE: 'Example & Sons',
      OIDC_ADMIN_CLAIM: 'groups=soul admins=1',
      OIDC_ALLOWED: 'Example.ORG, groups = soul-users',
    });
    expect(oidc).toMatchObject({
      title: 'Example & Sons',
      scopes: ['openid', 'profile', 'email'],
      adminClaim: { claim: 'groups', value: 'soul admins=1' },
      allowed: [{ domain: 'example.org' }, { claim: 'groups', value: 'soul-users' }],
    });
    expect(parseConfig({ ...PROVIDER, OIDC_SCOPES: 'openid groups' }).oidc?.scopes).toEqual(['openid', 'groups']);
  });

  it.each([
    [{ OIDC_ADMIN_CLAIM: 'soul-admins' }, 'OIDC_ADMIN_CLAIM'],
    [{ OIDC_ADMIN_CLAIM: 'groups=' }, 'OIDC_ADMIN_CLAIM'],
    [{ OIDC_ALLOWED: 'somebody@example.org' }, 'OIDC_ALLOWED'],
    [{ OIDC_ALLOWED: 'example.org,=x' }, 'OIDC_ALLOWED'],
    [{ OIDC_SCOPES: 'profile email' }, 'OIDC_SCOPES'],
    [{ OIDC_SCOPES: 'openid', OIDC_ALLOWED: 'example.org' }, 'OIDC_SCOPES'],
    [{ OIDC_TITLE: 'x'.repeat(61) }, 'OIDC_TITLE'],
    [{ OIDC_ISSUER: 'id.example.org' }, 'OIDC_ISSUER'],
    [{ OIDC_ISSUER: 'https://id.example.org/?realm=x' }, 'OIDC_ISSUER'],
    [{ OIDC_ISSUER: 'http://id.example.org' }, 'OIDC_ISSUER'],
    [{ OIDC_ISSUER: '' }, 'OIDC_ISSUER'],
    [{ OIDC_CLIENT_ID: '' }, 'OIDC_CLIENT_ID'],
    [{ OIDC_CLIENT_SECRET: '' }, 'OIDC_CLIENT_SECRET'],
  ])('are refused with one line: %j', (change, variable) => {
    const mistakes = mistakesIn({ ...PROVIDER, ...(change as Record<string, string>) });
    expect(mistakes.map((line) => line.split(':')[0])).toEqual([variable]);
    expect(mistakes.join()).not.toContain(PROVIDER.OIDC_CLIENT_SECRET);
  });

  it('may name this machine by http, save in production', () => {
    const here = { ...PROVIDER, OIDC_ISSUER: 'http://127.0.0.1:9000' };
    expect(parseConfig(here).oidc?.issuer).toBe('http://127.0.0.1:9000');
    const lines = mistakesIn({ ...here, NODE_ENV: 'production' }).map((line) => line.split(':')[0]);
    expect(lines).toContain('OIDC_ISSUER');
  });
});
