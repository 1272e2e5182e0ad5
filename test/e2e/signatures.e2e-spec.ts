import type { Sandbox } from '../../src/sandbox/sandbox.js';
import { buildSignature } from '../../src/soul-signature/build-signature.js';
import { ApiClient } from '../support/api-client.js';
import { inFull } from '../support/length.js';
import { RunningApp } from '../support/running-app.js';
import { statisticsOf } from '../support/statistics-of.js';
import { startStillSandbox } from '../support/still-sandbox.js';

/** The sandbox's people as they were on one evening: nothing that they did after it is in their signatures. */
const EVENING = new Date('2026-10-20T18:00:00Z');
const PEOPLE = [
  { persona: 'night-owl', timeZone: 'Europe/Berlin' },
  { persona: 'devotee', timeZone: 'America/New_York' },
  { persona: 'commuter', timeZone: 'Asia/Tokyo' },
  { persona: 'newcomer', timeZone: 'Europe/Lisbon' },
] as const;

let sandbox: Sandbox;
let app: RunningApp;
const signatures = new Map<string, any>();
const clients = new Map<string, ApiClient>();

/** Signs in as somebody, connects both platforms and waits for the signature of both. */
async function signatureOf(persona: string, timeZone: string): Promise<any> {
  const person = await ApiClient.signIn(app, { name: persona, timeZone });
  clients.set(persona, person);
  for (const platform of ['spotify', 'github']) {
    const { jobId } = await person.connect(persona, platform);
    await person.endOf(jobId);
  }
  const { jobId } = await person.post('/soul-signature/build');
  await person.endOf(jobId);
  return person.get('/soul-signature');
}

beforeAll(async () => {
  sandbox = await startStillSandbox(EVENING);
  app = await RunningApp.start({
    database: 'postgres',
    sandboxPort: sandbox.port,
    env: { PLATFORM_YOUTUBE_ESTIMATES: 'facts' },
  });
  for (const { persona, timeZone } of PEOPLE) signatures.set(persona, await signatureOf(persona, timeZone));
});
afterAll(async () => {
  await app.stop();
  await sandbox.close();
});

/** A fact in one line; of a list its beginning. */
function factLine(fact: any): string {
  const amount = ({ count, on }: any): string => {
    if (on) return ` ${on.map((one: any) => `${one.count} on ${one.platform}`).join(' and ')}`;
    return count === undefined ? '' : ` ${count}`;
  };
  switch (fact.kind) {
    case 'list':
      return `${fact.entries.length}: ${fact.entries
        .slice(0, 3)
        .map((entry: any) => `${entry.label}${amount(entry)}`)
        .join(', ')}`;
    case 'series':
      return fact.points.map(({ label, value }: any) => `${label} ${value}`).join(', ');
    case 'count':
      return `${fact.value} ${fact.unit}`;
    case 'date':
      return `${fact.at}${fact.label ? ` ${fact.label}` : ''}`;
    default:
      return fact.reason;
  }
}

/** What a person would read: name, sentences, and each fact and facet in one line. */
function portrait(signature: any): unknown {
  const line = (facet: any): string => {
    if (facet.status === 'unknown') {
      return 'need' in facet ? `${facet.reason}: ${facet.have} of ${facet.need} ${facet.unit}` : facet.reason;
    }
    const sure = `${facet.confidence.level}, n ${facet.n}`;
    switch (facet.shape) {
      case 'number':
        return `${facet.value} [${facet.interval.join(', ')}] ${facet.unit}; ${sure}`;
      case 'clock':
        return `busiest ${facet.value.hours.indexOf(Math.max(...facet.value.hours))}:00; ${sure}`;
      case 'shares':
        return `${facet.value.shares.map((share: any) => `${share.label} ${share.share.toFixed(2)}`).join(', ')}; ${sure}`;
      case 'themes':
        return `${facet.value.themes.map((theme: any) => `${theme.label} ${theme.share.toFixed(2)}`).join(', ')}; ${sure}`;
      default:
        return `${facet.value.words.map((word: any) => word.word).join(', ')}; ${sure}`;
    }
  };
  return {
    archetype: signature.archetype.status === 'known' ? signature.archetype.name : signature.archetype.reason,
    sentences: signature.narrative.sentences.map(({ text }: any) => text),
    facts: Object.fromEntries(signature.facts.map((fact: any) => [fact.key, factLine(fact)])),
    facets: Object.fromEntries(Object.entries(signature.facets).map(([key, facet]) => [key, line(facet)])),
  };
}

describe('the people of the sandbox', () => {
  it.each(PEOPLE.map(({ persona }) => persona))('%s is drawn as reviewed', (persona) => {
    expect(portrait(signatures.get(persona))).toMatchSnapshot();
  });

  it('are different: no two bear the same name with the same sentences, and the newcomer is not guessed at', () => {
    const drawn = [...signatures.values()].map((signature) => JSON.stringify(portrait(signature)));
    expect(new Set(drawn).size).toBe(PEOPLE.length);
    const known = (persona: string) =>
      Object.values(signatures.get(persona).facets).filter(({ status }: any) => status === 'known').length;
    expect(known('newcomer')).toBe(0);
    for (const persona of ['night-owl', 'devotee', 'commuter']) expect(known(persona)).toBeGreaterThan(8);
    expect(signatures.get('newcomer').facts.length).toBeGreaterThan(0);
  });

  it.each(inFull(PEOPLE.slice(), PEOPLE.slice(-2)))(
    '$persona’s claims can each be computed again from the items of its evidence alone',
    async (person) => {
      const client = clients.get(person.persona)!;
      const { version, facets, asOf, zone } = signatures.get(person.persona);
      const read = new Map<string, any[]>();
      for (const [key, facet] of Object.entries<any>(facets)) {
        if (facet.status !== 'known') continue;
        const path = `/soul-signature/versions/${version}/evidence/${encodeURIComponent(key)}`;
        expect(facet.evidence.page).toBe(`/api${path}`);
        const items = read.get(facet.evidence.predicateText) ?? (await client.all(path));
        read.set(facet.evidence.predicateText, items);
        expect([key, items.length]).toEqual([key, facet.evidence.count]);
        const ids = new Set(items.map(({ id }) => id));
        for (const top of facet.evidence.top) for (const id of top.items) expect(ids).toContain(id);
        const planted = items.map(({ occurredAt, ...item }) => ({
          ...item,
          at: occurredAt === null ? null : Date.parse(occurredAt),
        }));
        const again: any = buildSignature(statisticsOf(planted, ['github', 'spotify']), { asOf: new Date(asOf), zone })
          .facets[key];
        expect([key, again.value, again.interval, again.n]).toEqual([key, facet.value, facet.interval, facet.n]);
      }
    },
  );
});

describe('versions', () => {
  it('tell what a new time zone changed, and that it was the zone', async () => {
    const mira = clients.get('night-owl')!;
    const before = signatures.get('night-owl');
    await mira.patch('/me', { timeZone: 'Asia/Tokyo' });
    const { jobId } = await mira.post('/soul-signature/build');
    await mira.endOf(jobId);
    const after = await mira.get('/soul-signature');
    expect(after).toMatchObject({ version: before.version + 1, prev: before.version });
    expect(after.facets['taste.breadth']).toEqual(before.facets['taste.breadth']);
    const changes = await mira.get('/soul-signature/changes');
    expect([changes.from.version, changes.to.version]).toEqual([before.version, after.version]);
    expect(changes.changes).toEqual(after.diff);
    expect(changes.changes).toContainEqual(
      expect.objectContaining({ claim: 'rhythms.peak', kind: 'changed', cause: 'zone' }),
    );
    expect(new Set(changes.changes.map(({ cause }: any) => cause))).toEqual(new Set(['zone']));
    const back = await mira.get(`/soul-signature/changes?from=${after.version}&to=${before.version}`);
    expect(back.changes.length).toBeGreaterThan(0);
    expect((await mira.call('GET', '/soul-signature/changes?from=99')).status).toBe(404);
    expect((await mira.call('GET', '/soul-signature/changes?since=1')).status).toBe(400);
  });

  it('are not made by building again', async () => {
    const mira = clients.get('night-owl')!;
    const before = await mira.get('/soul-signature');
    const { jobId } = await mira.post('/soul-signature/build');
    await mira.endOf(jobId);
    expect(await mira.get('/soul-signature')).toEqual(before);
  });

  it('are compared with the one before that is stored, though numbers between are deleted', async () => {
    const devotee = clients.get('devotee')!;
    const { version } = await devotee.get('/soul-signature');
    for (const sensitiveTopics of [true, false]) {
      await devotee.patch('/me', { sensitiveTopics });
      const { jobId } = await devotee.post('/soul-signature/build');
      await devotee.endOf(jobId);
    }
    const changes = await devotee.get('/soul-signature/changes');
    expect([changes.from.version, changes.to.version]).toEqual([version, version + 2]);
    const first = await devotee.get('/soul-signature/changes?to=1');
    expect([first.from.version, first.changes]).toEqual([1, []]);
  });

  it('come to who is counted among the others, once they agree', async () => {
    const aiko = clients.get('commuter')!;
    expect(await aiko.get('/soul-signature/population')).toEqual({ participate: false });
    expect((await aiko.call('PUT', '/soul-signature/population', { body: { participate: true } })).status).toBe(200);
    expect(await aiko.get('/soul-signature/population')).toEqual({ participate: true });
    const { uniqueness, rarity } = signatures.get('commuter');
    expect(Object.keys(rarity)).toContain('theme:mobile');
    for (const place of [...Object.values(uniqueness), ...Object.values(rarity)]) {
      expect(place).toMatchObject({ status: 'unknown', reason: 'population_too_small', need: 50 });
    }
    expect(Object.keys(uniqueness).length).toBeGreaterThan(0);
  });
});
