import { accountCursor } from '../cursors.js';
import type { PlatformClient } from '../platform-client.js';
import { definePlatform, type ExtractionContext, type ExtractionPage } from '../platform.js';
import { firstCheckpoint, type GithubCheckpoint, githubCheckpointSchema, SECTION_NAMES } from './github-checkpoint.js';
import { profileItem } from './github-items.js';
import { githubPersonalToken } from './github-personal-token.js';
import { githubRateLimit, githubUsedUp } from './github-rate-limit.js';
import { MAX_COMMITS, MAX_REPOSITORIES, readRepositories, type Trails } from './github-repositories.js';
import { profileSchema } from './github-schemas.js';
import { doneAt, readSection } from './github-sections.js';

/** GitHub's REST API, version 2022-11-28. Sources: docs.github.com/rest and github.com/github/rest-api-description. */
export const github = definePlatform<GithubCheckpoint>({
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
  rateLimitedUntil: githubRateLimit,
  usedUpUntil: githubUsedUp,
  limitedBy: 'user',
  // A person has 5,000 an hour for all apps together; the others get their share.
  userBudget: { requests: 4_000, perMs: 3_600_000 },
  personalToken: githubPersonalToken,
  bounds: {
    repository: MAX_REPOSITORIES,
    commit: MAX_COMMITS,
    issue: 10_000,
    star: 20_000,
    gist: 20_000,
    organisation: 20_000,
    following: 20_000,
  },
  checkpointSchema: githubCheckpointSchema,

  async *extract(client, checkpoint, context) {
    let at = checkpoint;
    if (at === undefined) {
      const profile = await readProfile(client, context);
      yield profile;
      at = profile.checkpoint;
    }
    const trails: Trails = { list: new Set(), commits: new Set() };
    while (at.section !== 'end') {
      const { section } = at;
      const page: ExtractionPage<GithubCheckpoint> =
        section === 'repositories'
          ? await readRepositories(client, at, trails, context)
          : await readSection(client, at, section, trails.list, context);
      yield page;
      at = page.checkpoint;
    }
  },
});

/** Nothing can be read without the profile, whose name the other requests carry: if GitHub refuses it, that is an error. */
async function readProfile(
  client: PlatformClient,
  context: ExtractionContext,
): Promise<ExtractionPage<GithubCheckpoint>> {
  const { data: profile } = await client.get('/user', profileSchema);
  const done = doneAt(SECTION_NAMES[0], 0, 0);
  const me = { id: profile.id, login: profile.login };
  const checkpoint = firstCheckpoint({ me, startedAt: context.now.toISOString() }, done);
  return { items: [profileItem(profile)], checkpoint, done, step: 'Profile', ...accountCursor(context, String(me.id)) };
}
