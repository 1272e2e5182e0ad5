import { definePlatform } from '../platform.js';
import { readLists } from '../read-lists.js';
import { githubAccount } from './github-account.js';
import { profileItem } from './github-items.js';
import { GITHUB_LISTS } from './github-lists.js';
import { githubPersonalToken } from './github-personal-token.js';
import { githubRateLimit, githubUsedUp } from './github-rate-limit.js';
import { GITHUB_REFUSALS } from './github-refusals.js';
import { profileSchema } from './github-schemas.js';

/** GitHub's REST API, version 2022-11-28. Sources: docs.github.com/rest and github.com/github/rest-api-description. */
export const github = definePlatform({
  name: 'github',
  title: 'GitHub',
  reads: [
    'your profile',
    'your public repositories, their languages and your commits in them',
    'issues and pull requests you opened',
    'what you did in the last 30 days',
    'repositories you starred',
    'your gists',
    'organisations you belong to and people you follow',
  ],
  oauth: {
    authorizeUrl: 'https://github.com/login/oauth/authorize',
    tokenUrl: 'https://github.com/login/oauth/access_token',
    // docs.github.com/rest/apps/oauth-applications#delete-an-app-token
    revokeUrl: 'https://api.github.com/applications/{client_id}/token',
    revokeBy: 'github',
    appsUrl: 'https://github.com/settings/applications',
    // All public data needs no scope. These add the person's own view of their profile and the organisations they do
    // not show in public. Private repositories stay out: the only scope for them,
    // `repo`, may also write, and nobody should have to trust us with that.
    scopes: ['read:user', 'read:org'],
    clientAuthentication: 'body',
  },
  apiUrl: 'https://api.github.com',
  headers: { accept: 'application/vnd.github+json', 'x-github-api-version': '2022-11-28' },
  refusals: GITHUB_REFUSALS,
  rateLimitedUntil: githubRateLimit,
  usedUpUntil: githubUsedUp,
  limitedBy: 'user',
  // A person has 5,000 an hour for all apps together; the others get their share.
  userBudget: { requests: 4_000, perMs: 3_600_000 },
  personalToken: githubPersonalToken,
  ...readLists({
    provider: 'GitHub',
    profile: {
      title: 'Profile',
      account: githubAccount,
      async read(client) {
        const { data: profile } = await client.get('/user', profileSchema);
        const account = { id: profile.id, login: profile.login };
        return { account, ids: [String(profile.id)], item: profileItem(profile) };
      },
    },
    lists: GITHUB_LISTS,
  }),
});
