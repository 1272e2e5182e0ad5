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
 * Personal access tokens. The scopes of classic ones are in the answer's `x-oauth-scopes`; fine-grained ones have
 * permissions instead, which are chosen one by one when the token is made, and which no answer contains.
 */
export const githubPersonalToken: PersonalTokenFacts = {
  sandboxPrefix: 'github_pat_sandbox_',
  async check(client) {
    const { headers } = await client.get('/user', profileSchema);
    const scopes = (headers.get('x-oauth-scopes') ?? '').split(/[\s,]+/).filter((scope) => scope !== '');
    return { scopes, writes: scopes.filter((scope) => !READING_SCOPES.has(scope)) };
  },
};
