import type { GitHubUser } from './catalogue.js';
import { nodeId } from './github-id.js';

/** Where the pages for people would be; the reserved `.example` domain, because they do not exist. */
export const PAGES = 'https://github.example';

/** A person or organisation in GitHub's JSON, as it stands inside other answers. */
export function userAnswer({ id, login, type }: GitHubUser, api: string): object {
  const url = `${api}/users/${login}`;
  return {
    login,
    id,
    node_id: nodeId(type, id),
    avatar_url: `${PAGES}/avatars/${id}`,
    gravatar_id: '',
    url,
    html_url: `${PAGES}/${login}`,
    followers_url: `${url}/followers`,
    following_url: `${url}/following{/other_user}`,
    gists_url: `${url}/gists{/gist_id}`,
    starred_url: `${url}/starred{/owner}{/repo}`,
    subscriptions_url: `${url}/subscriptions`,
    organizations_url: `${url}/orgs`,
    repos_url: `${url}/repos`,
    events_url: `${url}/events{/privacy}`,
    received_events_url: `${url}/received_events`,
    type,
    user_view_type: 'public',
    site_admin: false,
  };
}

/** An organisation in GitHub's JSON. */
export function organisationAnswer({ id, login }: GitHubUser, api: string): object {
  const url = `${api}/orgs/${login}`;
  return {
    login,
    id,
    node_id: nodeId('Organization', id),
    url,
    repos_url: `${url}/repos`,
    events_url: `${url}/events`,
    hooks_url: `${url}/hooks`,
    issues_url: `${url}/issues`,
    members_url: `${url}/members{/member}`,
    public_members_url: `${url}/public_members{/member}`,
    avatar_url: `${PAGES}/avatars/${id}`,
    description: '',
  };
}
