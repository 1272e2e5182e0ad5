import { PRIORITY } from '../../src/queues/jobs.js';
import { inFull, SEEDS } from '../support/length.js';
import { PrivateNetwork } from '../support/private-network.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { until } from '../support/until.js';
import { CLEAN, Crew } from './crew.js';

jest.setTimeout(600_000);

const JOBS = 20;

/** Thirty seconds are promised; the rest is for a busy machine. */
const GOES_ON_MS = 60_000;

const DROPPED = 'whose packets are dropped';
const MUTE = 'behind a proxy that takes all and gives nothing';

const wanted = inFull([DROPPED, MUTE], [MUTE]);
const obstacle = wanted.includes(DROPPED) ? PrivateNetwork.obstacle() : undefined;
if (obstacle !== undefined) {
  console.warn(`No packets are dropped, because this machine gives a test no network of its own: ${obstacle}`);
}
const ways = wanted.filter((way) => way !== DROPPED || obstacle === undefined);

describe.each(ways)('a peer that vanishes without a word, %s', (way) => {
  let crew: Crew;
  let network: PrivateNetwork | undefined;
  const proxies: TcpProxy[] = [];

  const through = async (url: string) => {
    const proxy = await TcpProxy.start(new URL(url), { network });
    proxies.push(proxy);
    const address = new URL(url);
    address.port = String(proxy.port);
    return { proxy, url: address.href };
  };

  beforeEach(async () => {
    network = way === DROPPED ? await PrivateNetwork.start() : undefined;
    crew = await Crew.start({ pieces: 4, pieceMs: 250 });
  });

  afterEach(async () => {
    await Promise.all(crew.running.map((worker) => worker.end('SIGTERM')));
    await Promise.all(proxies.splice(0).map((proxy) => proxy.refuse()));
    await crew.stop();
    await network?.stop();
  });

  const cases = SEEDS.flatMap((seed) => (['PostgreSQL', 'Redis'] as const).map((peer) => [peer, seed] as const));

  it.each(cases)('is noticed, named and done without: %s (R27, seed %d)', async (peer, seed) => {
    const postgres = await through(crew.database.url);
    const redis = await through(crew.redis.url);
    const env = { DATABASE_URL: postgres.url, REDIS_URL: redis.url };
    const workers = await Promise.all([1, 2].map(() => crew.worker(env, network?.enter)));
    await crew.accept(JOBS / 2, { priority: PRIORITY.first });
    await until('jobs to run', async () => (await crew.countOf('active')) > seed, { everyMs: 5 });
    const begun = performance.now();
    const silenced = { PostgreSQL: postgres, Redis: redis }[peer].proxy.silence();
    await crew.accept(JOBS / 2, { priority: PRIORITY.first });
    await crew.idle(GOES_ON_MS);
    const seconds = ((performance.now() - begun) / 1_000).toFixed(1);
    expect(await crew.check(`${peer} silent on ${silenced} connections, all done ${seconds} s later`)).toMatchObject(
      CLEAN,
    );
    expect(await crew.statuses()).toEqual({ completed: JOBS });
    expect(silenced).toBeGreaterThan(0);
    for (const worker of workers) {
      expect(worker.output).toMatch(new RegExp(`${peer}.* silent for \\d+ s`));
      expect(worker.isRunning).toBe(true);
    }
  });
});
