import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Redis } from 'ioredis';
import { median } from 'simple-statistics';
import { apiProcess, IDLE_WORKER } from './api-process.js';
import { Contestant } from './contestant.js';
import { load, withWarmUp, type Latencies, type LoadRequest } from './load.js';
import { PRODUCT, startProgram, type Program } from './program.js';
import { atMost, machine, type Report } from './report.js';
import { withServers } from './servers.js';
import { startTokenEndpoint } from './token-endpoint.js';

const STRAIGHT_LINE = fileURLToPath(new URL('sign-in/straight-line.js', import.meta.url));

/** How many sign in at once, and how many callbacks come beside them. */
const PEOPLE = 50;
const CALLBACKS_AT_ONCE = 5;

/** The most that a sign-in may take, as a multiple of the straight-line script; and a callback beside fifty of them. */
const GOALS = { signIn: 1.15, callback: 1.5 };

/**
 * Signing in with a password against a straight-line script with the same hash; and callbacks beside people who sign in
 * against callbacks alone. Pairs of rounds follow each other at once, so that other load on the machine affects both.
 */
export function signIn(args: string[]): Promise<Report> {
  const { values } = parseArgs({
    args,
    options: {
      pairs: { type: 'string', default: '7' },
      'sign-ins': { type: 'string', default: '200' },
      callbacks: { type: 'string', default: '500' },
    },
  });
  const [pairs, signIns, callbacks] = [values.pairs, values['sign-ins'], values.callbacks].map(Number) as [
    number,
    number,
    number,
  ];
  return withServers(async ({ postgres, redis, atEnd }) => {
    const tokens = await startTokenEndpoint();
    atEnd(() => tokens.close());
    const client = new Redis(redis.url);
    atEnd(() => client.disconnect());
    const [productData, straightData] = [await postgres.createDatabase(), await postgres.createDatabase()];
    // Behind a proxy each person has an address of their own.
    const env = { ...apiProcess(redis, tokens.url), SIGN_UP: 'open', TRUST_PROXY: 'true' };
    const product = await startProgram(PRODUCT, { env: { ...env, DATABASE_URL: productData.url } });
    atEnd(() => product.end());
    const people = await signUp(product);
    await productData.query(IDLE_WORKER);
    await (await startProgram(PRODUCT, { env: { ...env, DATABASE_URL: straightData.url } })).end();
    const accounts = await productData.query('SELECT user_id, username, username_key, password_hash FROM accounts');
    await straightData.query(
      `WITH account AS (SELECT * FROM jsonb_to_recordset($1) AS account (user_id text, username text, username_key text, password_hash text)),
         person AS (INSERT INTO users (id) SELECT user_id FROM account)
       INSERT INTO accounts (user_id, username, username_key, password_hash, admin) SELECT *, false FROM account`,
      [JSON.stringify(accounts)],
    );
    const straightLine = await startProgram(STRAIGHT_LINE, {
      env: { DATABASE_URL: straightData.url },
      readyPath: '/health',
    });
    atEnd(() => straightLine.end());

    const times = (count: number) =>
      Array.from({ length: Math.ceil(count / PEOPLE) }, () => people)
        .flat()
        .slice(0, count);
    const signInAt = (program: Program, atOnce: number) => load(program, times(withWarmUp(signIns, atOnce)), atOnce);
    const contestant = new Contestant(product, productData, client, 'product', env.JWT_SECRET);
    const callback = async (): Promise<Latencies> => {
      const requests = await contestant.begin(withWarmUp(callbacks, CALLBACKS_AT_ONCE), 'browser');
      const took = await load(product, requests, CALLBACKS_AT_ONCE);
      await contestant.finish(requests.length);
      return took;
    };
    const beside = async (): Promise<Latencies> => {
      const end = new AbortController();
      const signing = keepSigningIn(product, people, end.signal);
      try {
        return await callback();
      } finally {
        end.abort();
        await signing;
      }
    };
    const oneByOne = await inPairs(pairs, [() => signInAt(product, 1), () => signInAt(straightLine, 1)]);
    const together = await inPairs(pairs, [() => signInAt(product, PEOPLE), () => signInAt(straightLine, PEOPLE)]);
    const callbackPairs = await inPairs(pairs, [beside, callback]);
    const [alone, crowd, hashing] = [oneByOne, together, callbackPairs].map(ratios) as [Ratios, Ratios, Ratios];
    return {
      benchmark: 'sign-in',
      at: new Date().toISOString(),
      machine: machine(),
      method: [
        `${signIns} sign-ins a round, one by one and ${PEOPLE} at once, each with an address of its own; ${pairs} pairs of rounds after one to warm up.`,
        `${callbacks} callbacks a round, ${CALLBACKS_AT_ONCE} at once, beside ${PEOPLE} people who sign in again and again, and alone.`,
        'Times in milliseconds; each figure is the median over the rounds, each ratio the median over the pairs.',
      ],
      columns: ['', 'median', 'p99', 'server CPU'],
      rows: [
        ...rowsOf('sign-in, one by one', 'the straight line', oneByOne),
        ...rowsOf(`sign-in, ${PEOPLE} at once`, 'the straight line', together),
        ...rowsOf(`callback beside ${PEOPLE} sign-ins`, 'without them', callbackPairs),
      ],
      goals: [
        atMost('sign-in one by one, ratio of medians', alone.median, GOALS.signIn),
        atMost(`sign-in ${PEOPLE} at once, ratio of medians`, crowd.median, GOALS.signIn),
        atMost('callback beside sign-ins, ratio of p99', hashing.p99, GOALS.callback),
      ],
    };
  });
}

type Pair = readonly [measured: Latencies, compared: Latencies];
type Ratios = Readonly<Record<keyof Latencies, number>>;

/** Measures two things in turns; the first pair warms both up. */
async function inPairs(
  pairs: number,
  [measured, compared]: readonly [() => Promise<Latencies>, () => Promise<Latencies>],
): Promise<Pair[]> {
  const found: Pair[] = [];
  for (let n = 0; n <= pairs; n++) {
    if (n % 2 === 0) {
      const first = await measured();
      found.push([first, await compared()]);
    } else {
      const first = await compared();
      found.push([await measured(), first]);
    }
  }
  return found.slice(1);
}

function ratios(pairs: readonly Pair[]): Ratios {
  const of = (figure: keyof Latencies) => median(pairs.map(([one, other]) => one[figure] / other[figure]));
  return { median: of('median'), p99: of('p99'), cpu: of('cpu') };
}

function rowsOf(what: string, comparedTo: string, pairs: readonly Pair[]): (string | number)[][] {
  const figures = ['median', 'p99', 'cpu'] as const;
  const over = (which: 0 | 1) => figures.map((figure) => median(pairs.map((pair) => pair[which][figure])));
  const found = ratios(pairs);
  return [
    [what, ...over(0)],
    [`  ${comparedTo}`, ...over(1)],
    ['  ratio', ...figures.map((figure) => found[figure])],
  ];
}

/** @returns for each of the new accounts the request that signs in */
async function signUp(program: Program): Promise<LoadRequest[]> {
  const people: LoadRequest[] = [];
  for (let n = 0; n < PEOPLE; n++) {
    const body = JSON.stringify({ username: `person ${n}`, password: randomBytes(12).toString('base64') });
    const headers = { 'content-type': 'application/json', 'x-forwarded-for': `192.0.2.${n}` };
    const answer = await fetch(`${program.url}/api/auth/sign-up`, { method: 'POST', headers, body });
    if (answer.status !== 201) throw new Error(`${answer.status}: ${await answer.text()}`);
    people.push({ method: 'POST', path: '/api/auth/sign-in', headers, body, status: 200 });
  }
  return people;
}

/** All people sign in at once, again and again, until the signal. */
async function keepSigningIn(program: Program, people: readonly LoadRequest[], signal: AbortSignal): Promise<void> {
  await Promise.all(
    people.map(async ({ path, headers, body }) => {
      while (!signal.aborted) {
        const answer = await fetch(`${program.url}${path}`, { method: 'POST', headers, body: body ?? '' });
        if (answer.status !== 200) throw new Error(`${answer.status}: ${await answer.text()}`);
        await answer.arrayBuffer();
      }
    }),
  );
}
