import type { Sandbox } from '../../src/sandbox/sandbox.js';
import { ApiClient, decide, Refused } from '../support/api-client.js';
import { BrowserSession } from '../support/browser-session.js';
import { inFull } from '../support/length.js';
import { RunningApp } from '../support/running-app.js';
import { servedItems } from '../support/served-items.js';
import { startStillSandbox } from '../support/still-sandbox.js';

/** How many people of each kind come at once, most of them new: in full fifty. */
const CROWD = { newcomer: inFull(47, 17), 'night-owl': 1, devotee: 1, commuter: 1 };

let sandbox: Sandbox;
let app: RunningApp;

beforeAll(async () => {
  sandbox = await startStillSandbox();
  app = await RunningApp.start({
    database: 'postgres',
    sandboxPort: sandbox.port,
    env: { EXTRACTION_RATE_MAX: '0', SYNC_WAIT_MS: '0' },
  });
});
beforeEach(() => app.spotify.reset());
afterAll(async () => {
  await app.stop();
  await sandbox.close();
});

it(`extracts ${inFull('fifty', 'twenty')} people at once in one process, each exactly as if alone`, async () => {
  const people = await Promise.all(
    Object.entries(CROWD).flatMap(([persona, count]) =>
      Array.from({ length: count }, async () => ({ persona, person: await ApiClient.signIn(app) })),
    ),
  );
  expect(people).toHaveLength(inFull(50, 20));
  const served = Object.fromEntries(
    await Promise.all(
      Object.keys(CROWD).map(async (persona) => [persona, await servedItems(app.spotify.url, persona)] as const),
    ),
  );
  const jobs = await Promise.all(people.map(({ person, persona }) => person.connect(persona)));
  // One after the other: asked for all at once, the process would be busy with answering.
  for (const [index, { person, persona }] of people.entries()) {
    const job = await person.endOf(jobs[index]!.jobId);
    expect([persona, job.state, job.attemptsMade]).toEqual([persona, 'completed', 1]);
  }
  for (const { person, persona } of people) {
    expect(await person.itemCounts()).toEqual(served[persona]);
    const events = await person.events();
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
  }
  for (const { person } of people) {
    await person.event('signature_completed');
    expect((await person.get('/soul-signature')).version).toBe(1);
  }
});

it('makes one connection and one job of fifty identical callbacks, and refuses the others cleanly', async () => {
  const person = await ApiClient.signIn(app);
  const answer = await person.call('POST', '/connectors/spotify/authorize');
  const callback = await decide(answer.body.data.authorizationUrl, 'newcomer');
  const query = new URLSearchParams({ code: callback.code!, state: callback.state! });
  const address = `${app.url}/api/connectors/spotify/callback?${query.toString()}`;
  const inBrowser = async () => {
    const browser = new BrowserSession();
    browser.keep(app.url, answer.headers);
    return new URL((await browser.open(address)).location).search;
  };
  const inProgram = () =>
    person.callback(callback).then(
      () => '?connected=spotify',
      (error: unknown) => (error instanceof Refused ? `?error=${error.code}&platform=spotify` : String(error)),
    );
  const ends = await Promise.all(Array.from({ length: 50 }, (_, n) => (n % 2 === 0 ? inBrowser() : inProgram())));
  const counts = new Map<string, number>();
  for (const end of ends) counts.set(end, (counts.get(end) ?? 0) + 1);
  expect(Object.fromEntries(counts)).toEqual({
    '?connected=spotify': 1,
    '?error=CONNECT_ALREADY_COMPLETED&platform=spotify': 49,
  });
  const jobs = await person.all('/extraction/jobs');
  expect(jobs).toHaveLength(1);
  await person.endOf(jobs[0].id);
  expect(await app.spotify.countOf('/oauth/token')).toBe(1);
  const types = await person.typesOfEvents();
  for (const once of ['extraction_queued', 'extraction_completed', 'connection_status']) {
    expect(types.filter((type) => type === once)).toEqual([once]);
  }
});

it('makes one job of a hundred requests for it, and gives everybody its id', async () => {
  const person = await ApiClient.signIn(app);
  await person.endOf((await person.connect('newcomer')).jobId);
  const since = (await person.events()).at(-1).seq;
  // It runs for as long as any of them may take.
  await app.spotify.addFault({ path: '/v1/me', latencyMs: 60_000, times: 1 });
  const answers = await Promise.all(Array.from({ length: 100 }, () => person.post('/extraction/spotify')));
  expect(new Set(answers.map(({ jobId }) => jobId)).size).toBe(1);
  await person.post(`/jobs/${answers[0].jobId}/cancel`);
  await person.endOf(answers[0].jobId);
  const types = await person.typesOfEvents(since);
  expect(types.filter((type) => type === 'extraction_queued')).toHaveLength(1);
  expect(types.filter((type) => type === 'extraction_cancelled')).toHaveLength(1);
});

/** Queues alone are limited in every form: start-limit.spec.ts, and the contract of the queues. */
inFull(it, it.skip)('starts no more than allowed in a window, whoever comes', async () => {
  const limited = await RunningApp.start({
    database: 'postgres',
    sandboxPort: sandbox.port,
    env: { EXTRACTION_RATE_MAX: '4', EXTRACTION_RATE_DURATION: '1000', SYNC_WAIT_MS: '0' },
  });
  try {
    const people = await Promise.all(Array.from({ length: 12 }, () => ApiClient.signIn(limited)));
    const jobs = await Promise.all(people.map((person) => person.connect('newcomer')));
    const starts = await Promise.all(
      people.map(async (person, index) => Date.parse((await person.endOf(jobs[index]!.jobId)).startedAt)),
    );
    starts.sort((a, b) => a - b);
    // Four in a second means one in 250 ms, and one may come an interval early. Measured from the first: on a busy machine
    // one that was handed out in time starts late, closer to the next.
    for (const [index, start] of starts.entries()) expect(start - starts[0]!).toBeGreaterThan((index - 1) * 250 - 500);
  } finally {
    await limited.stop();
  }
});
