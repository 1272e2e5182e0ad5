import { DateTime } from 'luxon';
import { z } from 'zod';
import { github } from './github/github.js';
import { type Sandbox, startSandbox } from './sandbox.js';
import { SandboxVisitor } from './sandbox-visitor.js';

const NOW = '2026-10-15T12:00:00Z';
const SCOPES = ['read:user', 'user:email', 'read:org'];
const RICH = [
  ['night-owl', 'Europe/Berlin', [16, 20, 21, 22, 23, 0, 1, 2], ['Rust', 'TypeScript']],
  ['devotee', 'America/New_York', [9, 10, 11, 12, 13, 14, 15, 16], ['Python', 'TypeScript']],
  ['commuter', 'Asia/Tokyo', [7, 8, 10, 11, 13, 14, 15, 16, 18, 19, 20, 21], ['Go', 'Kotlin']],
] as const;

const time = z.iso.datetime();
const id = z.int().positive();
const user = z.object({ id, login: z.string().min(1), node_id: z.string(), type: z.string(), url: z.url() });
const repository = z.object({
  id,
  name: z.string().min(1),
  full_name: z.string().includes('/'),
  owner: user,
  private: z.boolean(),
  fork: z.boolean(),
  language: z.string().nullable(),
  topics: z.array(z.string()),
  created_at: time,
  updated_at: time,
  pushed_at: time,
});
const signature = z.object({ name: z.string(), email: z.email(), date: time });
const commit = z.object({
  sha: z.string().regex(/^[0-9a-f]{40}$/),
  commit: z.object({ author: signature, committer: signature, message: z.string().min(1) }),
  author: user.nullable(),
  parents: z.array(z.object({ sha: z.string() })),
});

describe("the sandbox's GitHub", () => {
  let sandbox: Sandbox;
  let visitor: SandboxVisitor;
  const tokens = new Map<string, string>();

  const open = async (now: string) => {
    const opened = await startSandbox({ host: '127.0.0.1', port: 0, now: () => new Date(now) });
    return { opened, as: new SandboxVisitor(`${opened.url}/github`) };
  };

  beforeAll(async () => {
    ({ opened: sandbox, as: visitor } = await open(NOW));
    for (const { id: persona } of github.personas) {
      tokens.set(persona, (await visitor.connect(persona, SCOPES)).access_token);
    }
  });
  afterAll(() => sandbox.close());

  const get = (path: string, persona: string, headers = {}, from = visitor) =>
    from.get(path, tokens.get(persona)!, headers);
  const json = async (path: string, persona: string): Promise<any> => (await get(path, persona)).json();
  const nextOf = (response: Response) => /<([^>]+)>; rel="next"/.exec(response.headers.get('link') ?? '')?.[1];

  /** Follows the `Link` header to the end. */
  async function all(path: string, persona: string, headers = {}, from = visitor): Promise<any[]> {
    const items: any[] = [];
    for (let next: string | undefined = path; next !== undefined;) {
      const response = await get(next, persona, headers, from);
      expect(response.status).toBe(200);
      items.push(...((await response.json()) as any[]));
      next = nextOf(response);
    }
    return items;
  }

  const told = new Map<string, Promise<any[]>>();

  /** All own commits at `NOW`, each with its repository; read once per persona. */
  function ownCommits(persona: string): Promise<any[]> {
    const known = told.get(persona) ?? readOwnCommits(persona, visitor);
    told.set(persona, known);
    return known;
  }

  async function readOwnCommits(persona: string, from: SandboxVisitor): Promise<any[]> {
    const { login } = await json('/user', persona);
    const found: any[] = [];
    for (const repo of await all('/user/repos?per_page=100', persona, {}, from)) {
      // Without a push since its making it is empty, which is answered with 409.
      if (repo.language === null && repo.created_at === repo.pushed_at) continue;
      const path = `/repos/${repo.full_name}/commits?author=${login}&per_page=100`;
      found.push(...(await all(path, persona, {}, from)).map((each) => ({ ...each, repo })));
    }
    return found;
  }

  it.each(RICH)('gives %s a rich life with its own hours in %s', async (persona, zone, hours, languages) => {
    const { login, id: me } = await json('/user', persona);
    const commits = await ownCommits(persona);
    expect(commits.every(({ author }) => author.login === login && author.id === me)).toBe(true);
    const moments = commits.map((each) => DateTime.fromISO(each.commit.author.date, { zone }));
    expect(new Set(moments.map((moment) => moment.toISODate())).size).toBeGreaterThanOrEqual(60);
    // A sitting may run over into the next hour.
    const usual = moments.filter(({ hour }) => (hours as readonly number[]).includes(hour));
    expect(usual.length / moments.length).toBeGreaterThan(0.93);
    for (const language of languages) {
      const ofLanguage = commits.filter(({ repo }) => repo.language === language);
      const days = ofLanguage.map((each) => `${each.repo.id} ${each.commit.author.date.slice(0, 10)}`);
      expect(new Set(days).size).toBeGreaterThanOrEqual(30);
    }
  });

  it('tells different lives: many small things, one large one, weekends, and hardly anything', async () => {
    const shareOfLargest = async (persona: string) => {
      const commits = await ownCommits(persona);
      const counts = new Map<number, number>();
      for (const { repo } of commits) counts.set(repo.id, (counts.get(repo.id) ?? 0) + 1);
      return Math.max(...counts.values()) / commits.length;
    };
    expect(await shareOfLargest('night-owl')).toBeLessThan(0.2);
    const ofTobias = await ownCommits('devotee');
    const weekdays = ofTobias.map((each) => DateTime.fromISO(each.commit.author.date, { zone: 'America/New_York' }));
    expect(weekdays.filter(({ weekday }) => weekday >= 6)).toEqual([]);
    expect(ofTobias.filter(({ repo }) => repo.language === 'Python').length / ofTobias.length).toBeGreaterThan(0.9);
    const issues = await all('/issues?filter=created&state=all&per_page=100', 'commuter');
    const onTrains = issues.filter(
      ({ created_at }) => DateTime.fromISO(created_at, { zone: 'Asia/Tokyo' }).weekday < 6,
    );
    expect(onTrains.length).toBeGreaterThan(200);
    expect(issues.filter((issue) => issue.pull_request).length).toBeGreaterThan(50);

    expect(await all('/user/starred', 'newcomer')).toHaveLength(2);
    const [only] = await all('/user/repos', 'newcomer');
    const empty = await get(`/repos/${only.full_name}/commits`, 'newcomer');
    expect(empty.status).toBe(409);
    expect(await empty.json()).toMatchObject({ message: 'Git Repository is empty.' });
    expect(await json(`/repos/${only.full_name}/languages`, 'newcomer')).toEqual({});
  });

  it("holds other people's commits too, so the author filter matters", async () => {
    const { login } = await json('/user', 'night-owl');
    const repos = await all('/user/repos?per_page=100', 'night-owl');
    const shared = repos.find(({ owner }) => owner.type === 'Organization');
    const fork = repos.find((repo) => repo.fork);
    for (const { full_name } of [shared, fork]) {
      const everybodys = await all(`/repos/${full_name}/commits?per_page=100`, 'night-owl');
      const own = await all(`/repos/${full_name}/commits?per_page=100&author=${login}`, 'night-owl');
      expect(own.length).toBeGreaterThan(0);
      expect(everybodys.length).toBeGreaterThan(own.length);
      expect(everybodys.filter(({ author }) => author?.login === login)).toEqual(own);
      expect(everybodys.some(({ author }) => author === null)).toBe(true);
      expect(await all(`/repos/${full_name}/commits?author=nobody`, 'night-owl')).toEqual([]);
    }
  });

  it('gives commits newest first, each after its parent, and cuts them by time', async () => {
    const path = '/repos/plainledger/ledger-engine/commits';
    const first = await get(`${path}?per_page=100`, 'devotee');
    const commits: any[] = (await first.json()) as any[];
    const dates = commits.map((each) => each.commit.committer.date);
    expect(dates).toEqual([...dates].sort().reverse());
    commits.slice(0, -1).forEach((each, index) => expect(each.parents[0].sha).toBe(commits[index + 1].sha));
    const since = dates[20];
    const recent = await json(`${path}?per_page=100&since=${since}`, 'devotee');
    expect(recent).toEqual(commits.filter((each) => each.commit.committer.date >= since));
    expect((await get(`${path}?since=yesterday`, 'devotee')).status).toBe(422);
  });

  it('pages by the Link header with absolute addresses, absent where one page holds everything', async () => {
    const first = await get('/user/starred?per_page=7', 'night-owl');
    expect(nextOf(first)).toBe(`${sandbox.url}/github/user/starred?per_page=7&page=2`);
    const link = first.headers.get('link')!;
    expect(link).toMatch(/rel="last"/);
    expect(link).not.toMatch(/rel="prev"/);
    const stars = await all('/user/starred?per_page=97', 'night-owl');
    expect(new Set(stars.map((star) => star.id)).size).toBe(stars.length);
    expect(await json('/user/starred', 'night-owl')).toHaveLength(30);
    expect(await json('/user/starred?per_page=1000', 'night-owl')).toHaveLength(100);
    expect((await get('/user/orgs', 'night-owl')).headers.get('link')).toBeNull();
    // As on GitHub, further pages of commits are found by the repository's id.
    const commits = await get('/repos/plainledger/ledger-engine/commits?per_page=100', 'devotee');
    expect(nextOf(commits)).toMatch(/\/github\/repositories\/\d+\/commits\?per_page=100&page=2$/);
    expect((await get(nextOf(commits)!, 'devotee')).status).toBe(200);
  });

  it("answers in GitHub's shapes", async () => {
    const { login } = await json('/user', 'night-owl');
    const shapes: readonly [string, z.ZodType][] = [
      ['/user', user.extend({ name: z.string(), created_at: time, public_repos: z.int(), private_gists: z.int() })],
      ['/user/emails', z.array(z.object({ email: z.email(), primary: z.boolean(), verified: z.boolean() })).min(2)],
      ['/user/repos', z.array(repository).min(15)],
      ['/user/starred', z.array(repository).min(30)],
      ['/user/orgs', z.array(z.object({ id, login: z.string(), description: z.string() })).min(1)],
      ['/user/following', z.array(user).min(30)],
      ['/user/followers', z.array(user).min(30)],
      [
        '/gists',
        z.array(z.object({ id: z.string(), files: z.record(z.string(), z.object({})), created_at: time })).min(5),
      ],
      [
        '/issues?filter=created&state=all',
        z.array(z.object({ id, number: id, title: z.string(), repository })).min(10),
      ],
      ['/repos/mira-vennholt/tape-delay/commits', z.array(commit).min(30)],
      ['/repos/mira-vennholt/tape-delay/languages', z.record(z.string(), id)],
      [
        `/users/${login}/events`,
        z.array(z.object({ id: z.string(), type: z.string(), payload: z.object({}), created_at: time })).min(10),
      ],
    ];
    for (const [path, shape] of shapes) {
      const result = shape.safeParse(await json(path, 'night-owl'));
      expect([path, result.error && z.prettifyError(result.error)]).toEqual([path, undefined]);
    }
    const timed = await all('/user/starred', 'night-owl', { accept: 'application/vnd.github.v3.star+json' });
    z.array(z.object({ starred_at: time, repo: repository }))
      .min(30)
      .parse(timed);
    const starredAt = timed.map((star) => star.starred_at);
    expect(starredAt).toEqual([...starredAt].sort().reverse());
    const events = await get(`/users/${login}/events?per_page=100`, 'night-owl');
    expect(events.headers.get('x-poll-interval')).toBe('60');
    const oldest = ((await events.json()) as any[]).at(-1).created_at;
    expect(Date.parse(NOW) - Date.parse(oldest)).toBeLessThan(30 * 86_400_000);
  });

  it('sorts and filters repositories and issues, and refuses what makes no sense', async () => {
    const names = async (query: string) =>
      (await all(`/user/repos?per_page=100&${query}`, 'devotee')).map((repo) => repo.full_name);
    const byName = await names('');
    expect(byName).toEqual([...byName].sort());
    expect(await names('affiliation=owner')).toEqual(byName.filter((name) => name.startsWith('tobias-fairlamb/')));
    const updated = (await all('/user/repos?sort=updated', 'devotee')).map((repo) => repo.updated_at);
    expect(updated).toEqual([...updated].sort().reverse());
    const states = async (query: string) =>
      new Set((await all(`/issues?${query}`, 'devotee')).map(({ state }) => state));
    expect(await states('filter=created')).toEqual(new Set(['open']));
    expect(await states('filter=created&state=closed')).toEqual(new Set(['closed']));
    expect(await states('')).toEqual(new Set());
    for (const path of ['/user/repos?sort=best', '/user/repos?type=owner&visibility=all', '/issues?filter=mine']) {
      expect((await get(path, 'devotee')).status).toBe(422);
    }
  });

  it('keeps the id of a renamed repository and leads from the old name to it', async () => {
    const { opened, as } = await open('2025-05-01T12:00:00Z');
    try {
      const past = await get('/repos/mira-vennholt/stepper/commits', 'night-owl', {}, as);
      const before = (await all('/user/repos?per_page=100', 'night-owl', {}, as)).find(
        ({ name }) => name === 'stepper',
      );
      expect(past.status).toBe(200);
      const after = (await all('/user/repos?per_page=100', 'night-owl')).find(({ id }) => id === before.id);
      expect(after.name).toBe('tiny-sequencer');
      const old = await fetch(`${sandbox.url}/github/repos/mira-vennholt/stepper/commits?per_page=5`, {
        headers: { authorization: `Bearer ${tokens.get('night-owl')!}` },
        redirect: 'manual',
      });
      expect(old.status).toBe(301);
      const location = `${sandbox.url}/github/repositories/${before.id}/commits?per_page=5`;
      expect(old.headers.get('location')).toBe(location);
      expect(await json(location, 'night-owl')).toHaveLength(5);
    } finally {
      await opened.close();
    }
  });

  it('tells the same life in another process, and later the same past', async () => {
    const earlier = await open('2026-07-01T03:30:00Z');
    const same = await open(NOW);
    try {
      const stars = '/user/starred?per_page=100';
      const timed = { accept: 'application/vnd.github.star+json' };
      expect(await all(stars, 'commuter', timed, same.as)).toEqual(
        JSON.parse(JSON.stringify(await all(stars, 'commuter', timed)).replaceAll(sandbox.url, same.opened.url)),
      );
      const past = (await all(stars, 'commuter', timed, earlier.as)).map(({ starred_at }) => starred_at);
      const now = (await all(stars, 'commuter', timed)).map(({ starred_at }) => starred_at);
      expect(now.slice(-past.length)).toEqual(past);
      expect(now.length).toBeGreaterThan(past.length);
      const shas = (commits: any[]) => commits.map(({ sha, commit: { author } }) => `${author.date} ${sha}`);
      const then = shas(await readOwnCommits('commuter', earlier.as));
      const later = new Set(shas(await ownCommits('commuter')));
      expect(then.filter((each) => !later.has(each))).toEqual([]);
    } finally {
      await earlier.opened.close();
      await same.opened.close();
    }
  });
});
