import { fromBufferPromise } from 'yauzl';
import { inFull } from '../../test/support/length.js';
import { type Sandbox, startSandbox } from './sandbox.js';
import { SandboxVisitor } from './sandbox-visitor.js';

const NOW = '2026-10-15T12:00:00Z';

interface File {
  readonly name: string;
  readonly text: string;
  readonly changedAt: string;
}

async function unzip(bytes: Buffer): Promise<readonly File[]> {
  const zip = await fromBufferPromise(bytes, { lazyEntries: true, strictFileNames: true });
  const files: File[] = [];
  for await (const entry of zip.eachEntry()) {
    const chunks: Buffer[] = [];
    for await (const chunk of await zip.openReadStreamPromise(entry)) chunks.push(chunk as Buffer);
    const changedAt = entry.getLastModDate().toISOString();
    files.push({ name: entry.fileName, text: Buffer.concat(chunks).toString(), changedAt });
  }
  return files;
}

describe('archives to download', () => {
  let sandbox: Sandbox;

  const open = (now = NOW) => startSandbox({ host: '127.0.0.1', port: 0, now: () => new Date(now) });
  const download = async (path: string, from = sandbox) =>
    Buffer.from(await (await fetch(`${from.url}${path}`)).arrayBuffer());

  beforeAll(async () => {
    sandbox = await open();
  });
  afterAll(() => sandbox.close());

  it.each(['spotify', 'youtube'])('are offered on a page of %s, the chosen person first', async (name) => {
    const response = await fetch(`${sandbox.url}/${name}/archive?persona=commuter`);
    const html = await response.text();
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(html).toMatch(/^<!doctype html>\n<html lang="en">/);
    expect(html.match(/<h1>/g)).toHaveLength(1);
    expect(html.match(/<(main|title)>/g)).toHaveLength(2);
    expect(html).not.toMatch(/<script|undefined/);
    const people = [...html.matchAll(/<section aria-labelledby="([^"]+)"( aria-current="true")?>\n<h2 id="([^"]+)">/g)];
    expect(people.map(([, id, current]) => [id, current !== undefined])).toEqual([
      ['commuter', true],
      ...['night-owl', 'devotee', 'newcomer'].map((id) => [id, false]),
    ]);
    expect(people.every(([, label, , id]) => label === id)).toBe(true);
    const links = [...html.matchAll(/<a href="([^"]+)" download>Download my archive: [^<]+<\/a>/g)].map(([, to]) => to);
    expect(links).toHaveLength(name === 'spotify' ? 8 : 4);
    for (const link of links.slice(-1)) {
      const { status, headers } = await fetch(`${sandbox.url}${link}`, { method: 'HEAD' });
      expect([status, headers.get('content-type')]).toEqual([200, 'application/zip']);
    }
    expect(await (await fetch(`${sandbox.url}/${name}/archive?persona=%22%3E%3Cb%3E`)).text()).not.toContain('<b>');
  });

  it('are not there for strangers and for other files, nor where a provider has none: there only its API answers', async () => {
    const status = async (path: string) => (await fetch(`${sandbox.url}${path}`)).status;
    expect(await status('/spotify/archive/nobody/extended.zip')).toBe(404);
    expect(await status('/spotify/archive/devotee/takeout.zip')).toBe(404);
    expect(await status('/github/archive')).toBe(401);
  });

  it.each([
    ['/spotify/archive/newcomer/account.zip', 'Spotify Account Data/', 3],
    ['/youtube/archive/devotee/takeout.zip', 'Takeout/YouTube and YouTube Music/', 2],
    ...inFull<[string, string, number][]>(
      [['/spotify/archive/commuter/extended.zip', 'Spotify Extended Streaming History/', 2]],
      [],
    ),
  ] satisfies [string, string, number][])(
    'are zips that open, the same bytes each time: %s',
    async (path, folder, count) => {
      const bytes = await download(path);
      const other = await open();
      try {
        expect((await download(path, other)).equals(bytes)).toBe(true);
      } finally {
        await other.close();
      }
      const files = await unzip(bytes);
      expect(files).toHaveLength(count);
      for (const { name, text } of files) {
        expect(name.startsWith(folder)).toBe(true);
        if (name.endsWith('.json')) expect(JSON.parse(text)).toBeInstanceOf(Object);
        else expect(text.split('\n').length).toBeGreaterThan(10);
      }
      expect(new Set(files.map(({ changedAt }) => changedAt)).size).toBe(1);
    },
  );

  it("change in their last file only, for an hour's listening", async () => {
    const path = '/spotify/archive/night-owl/extended.zip';
    const later = await open('2026-10-16T00:30:00Z');
    try {
      const [before, after] = [await unzip(await download(path)), await unzip(await download(path, later))];
      expect(after.map(({ name }) => name)).toEqual(before.map(({ name }) => name));
      expect(after[0]).toEqual(before[0]);
      expect(after[1]?.text.length).toBeGreaterThan(before[1]?.text.length ?? 0);
      // All but the end of the array.
      expect(after[1]?.text.startsWith(before[1]?.text.slice(0, -3) ?? '')).toBe(true);
    } finally {
      await later.close();
    }
  });

  it.each(['commuter', 'newcomer'])(
    'tell the last plays that the API tells, under the same account: %s',
    async (who) => {
      const visitor = new SandboxVisitor(`${sandbox.url}/spotify`);
      const { access_token } = await visitor.connect(who, ['user-read-recently-played']);
      const ask = async (path: string): Promise<any> => (await visitor.get(path, access_token)).json();
      const { items } = await ask('/v1/me/player/recently-played?limit=50');
      const files = await unzip(await download(`/spotify/archive/${who}/extended.zip`));
      const rows = files.flatMap(({ text }) => JSON.parse(text));
      for (const { played_at, track } of items) {
        const same = rows.filter(({ ts, spotify_track_uri }) => {
          return ts === `${played_at.slice(0, 19)}Z` && spotify_track_uri === track.uri;
        });
        expect(same).toHaveLength(1);
        expect(same[0]).toMatchObject({
          ms_played: track.duration_ms,
          master_metadata_track_name: track.name,
          master_metadata_album_artist_name: track.artists[0].name,
          master_metadata_album_album_name: track.album.name,
        });
      }
      const { id } = await ask('/v1/me');
      expect(new Set(rows.map(({ username }) => username))).toEqual(new Set([id]));
    },
  );

  it('can be broken off by whoever asked', async () => {
    const gone = new AbortController();
    const response = await fetch(`${sandbox.url}/spotify/archive/devotee/extended.zip`, { signal: gone.signal });
    const reading = response.arrayBuffer();
    gone.abort();
    await expect(reading).rejects.toThrow();
    expect((await fetch(`${sandbox.url}/spotify/archive`)).status).toBe(200);
  });

  it('name their files in the language of the account', async () => {
    const names = async (who: string) =>
      (await unzip(await download(`/youtube/archive/${who}/takeout.zip`))).map(({ name }) => name);
    expect(await names('commuter')).toEqual([
      'Takeout/YouTube と YouTube Music/履歴/再生履歴.json',
      'Takeout/YouTube と YouTube Music/登録チャンネル/登録チャンネル.csv',
    ]);
    expect(await names('newcomer')).toEqual([
      'Takeout/YouTube e YouTube Music/histórico/histórico de visualizações.json',
      'Takeout/YouTube e YouTube Music/subscrições/subscrições.csv',
    ]);
  });
});
