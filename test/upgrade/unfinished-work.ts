import { ApiClient } from '../support/api-client.js';
import type { RunningApp } from '../support/running-app.js';
import { SandboxControl } from '../support/sandbox-control.js';
import { until } from '../support/until.js';

/** Longer than all that is done before the upgrade. */
const SNOOZE_S = 40;

/** Everybody has the same accounts, so that everybody's items must be the same in the end. */
const PERSONA = 'devotee';

export const PLATFORMS = ['spotify', 'github', 'youtube'] as const;

/** People of a program that is about to be killed, with every kind of work that can be unfinished. */
export interface People {
  readonly operator: ApiClient;
  /** All three platforms are read and the signature is built. YouTube is no longer read by itself. */
  readonly ana: ApiClient;
  /** A batch of three extractions: in a playlist's items, in a repository's commits, and in the liked videos. */
  readonly ben: ApiClient;
  /** An extraction in the saved tracks, one that GitHub has put off, and one that has failed for good. */
  readonly cleo: ApiClient;
  /** A signature and an extraction that have not begun, because their queues are paused. */
  readonly dan: ApiClient;
  readonly batchId: string;
  /** Jobs that were running when the program was killed. */
  readonly hanging: readonly string[];
  readonly snoozedId: string;
  readonly snoozedUntil: string;
  readonly deadId: string;
}

/** Leaves work unfinished. Four requests hang when it is done, and both queues are paused. */
export async function leaveWorkUnfinished(app: RunningApp): Promise<People> {
  const [spotify, github, youtube] = controlsOf(app);
  const operator = await ApiClient.signIn(app, { name: 'operator', admin: true });
  const ana = await ApiClient.signIn(app, { name: 'ana', timeZone: 'Europe/Berlin' });
  const ben = await ApiClient.signIn(app, { name: 'ben' });
  const cleo = await ApiClient.signIn(app, { name: 'cleo' });
  const dan = await ApiClient.signIn(app, { name: 'dan' });

  await connectAll(ana);
  await allEnded(operator);
  await ana.call('PUT', '/extraction/youtube/schedule', { body: { enabled: false } });
  const playlist = longest(await spotify.requests(), '/v1/playlists/');
  const commits = longest(await github.requests(), '/repositories/');

  await operator.post('/queues/soul-signature/pause');
  await dan.endOf((await dan.connect(PERSONA, 'youtube')).jobId);

  await youtube.addFault({ path: '/youtube/v3/subscriptions', status: 503 });
  const { jobId: deadId } = await cleo.connect(PERSONA, 'youtube');
  await cleo.job(deadId, ['failed']);
  await youtube.reset();

  await github.addFault({ path: '/users/', status: 429, retryAfter: SNOOZE_S, times: 1 });
  const { jobId: snoozedId } = await cleo.connect(PERSONA, 'github');
  const { nextRunAt: snoozedUntil } = await cleo.job(snoozedId, ['delayed']);

  const hanging = [
    await connectUpTo(ben, spotify, playlist, 3),
    await connectUpTo(ben, github, commits, 3),
    await connectUpTo(ben, youtube, '/youtube/v3/playlistItems', 3),
    await connectUpTo(cleo, spotify, '/v1/me/tracks', 3),
  ];
  const { batchId } = await ben.post('/extraction');

  await operator.post('/queues/extraction/pause');
  await dan.connect(PERSONA, 'github');
  await until('the schedules', async () => (await schedulesOf(ana)).every(({ nextAt }) => nextAt !== null), {
    everyMs: 1_000,
  });
  return { operator, ana, ben, cleo, dan, batchId, hanging, snoozedId, snoozedUntil, deadId };
}

/** The controls of the three stand-ins. */
export function controlsOf(
  app: RunningApp,
): [spotify: SandboxControl, github: SandboxControl, youtube: SandboxControl] {
  const control = (platform: string) => new SandboxControl(app.sandboxUrl, platform);
  return [control('spotify'), control('github'), control('youtube')];
}

/** Connects everything, and resolves when it is read. */
export async function connectAll(person: ApiClient): Promise<void> {
  for (const platform of PLATFORMS) {
    const { jobId } = await person.connect(PERSONA, platform);
    await person.endOf(jobId);
  }
}

/** The counts of a queue that the version does not have. */
const NOTHING = { waiting: 0, active: 0, delayed: 0, paused: 0 };

/** Resolves when no job waits or runs. */
export async function allEnded(operator: ApiClient): Promise<void> {
  const none = ({ waiting, active, delayed, paused }: any) => waiting + active + delayed + paused === 0;
  await until(
    'all jobs to end',
    async () => {
      const overview = await operator.get('/queues/overview');
      return ['extraction', 'soul-signature', 'platform-data'].every((queue) => none(overview[queue] ?? NOTHING));
    },
    { limitMs: 180_000, everyMs: 200 },
  );
}

/** Connects a platform that does not answer when it is asked for this page of a list. */
async function connectUpTo(person: ApiClient, control: SandboxControl, path: string, page: number): Promise<string> {
  const before = await control.countOf(path);
  await control.addFault({ path, after: page - 1, hang: true });
  const { jobId } = await person.connect(PERSONA, control.standIn);
  await until(`page ${page} of ${path}`, async () => (await control.countOf(path)) >= before + page);
  return jobId;
}

async function schedulesOf(person: ApiClient): Promise<any[]> {
  return (await person.get('/account/export')).schedules;
}

/** Where most pages below a path were read. */
function longest(requests: Readonly<Record<string, number>>, prefix: string): string {
  const lists = Object.entries(requests).filter(([path]) => path.startsWith(prefix));
  const [path, pages] = lists.sort(([, a], [, b]) => b - a)[0] ?? ['', 0];
  if (pages < 3) throw new Error(`The sandbox has no long list below ${prefix}`);
  return path;
}
