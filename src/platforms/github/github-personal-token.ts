import type { PersonalTokenFacts } from '../platform.js';
import { profileSchema } from './github-schemas.js';

/** Scopes of classic tokens that only read; everything else may change something (docs.github.com, scopes for OAuth apps). */
const READING_SCOPES = new Set([
  'read:user',
  'user:email',
  'read:org',
  'read:public_key',
  'read:gpg_key',
  'read:project',
  'read:packages',
]);

/**
 * Personal access tokens. Classic ones tell their scopes in `x-oauth-scopes`; fine-grained ones have no scopes, their
 * permissions are chosen one by one when they are made, and the answer does not tell them.
 */
export const githubPersonalToken: PersonalTokenFacts = {
  sandboxPrefix: 'github_pat_sandbox_',
  async check(client) {
    const { headers } = await client.get('/user', profileSchema);
    const scopes = (headers.get('x-oauth-scopes') ?? '').split(/[\s,]+/).filter((scope) => scope !== '');
    return { scopes, writes: scopes.filter((scope) => !READING_SCOPES.has(scope)) };
  },
};
