/**
 * Stands in for all platforms with accounts as large as wanted, at no cost worth measuring: a page is a few joined
 * strings. `PLAYLISTS` and `ENTRIES` are how large Spotify's is, `LATENCY_MS` is waited before each answer.
 */
import { createServer } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { ENTRIES_A_PAGE, entryOf, playlistId } from './listener.js';

const PORT = Number(process.env['PORT']);
const settings = {
  playlists: Number(process.env['PLAYLISTS'] ?? 1),
  entries: Number(process.env['ENTRIES'] ?? 100),
  latencyMs: Number(process.env['LATENCY_MS'] ?? 0),
  /** Whether playlists have a version that stays the same, as Spotify's have. */
  versioned: 1,
};
const origin = `http://127.0.0.1:${PORT}`;
let calls = 0;

type Answer = readonly [body: string, headers?: Readonly<Record<string, string>>];

const json = (value: unknown): Answer => [JSON.stringify(value)];

function answer(url: URL): Answer {
  const path = url.pathname;
  const offset = Number(url.searchParams.get('offset') ?? 0);
  if (path === '/control') {
    for (const name of ['playlists', 'entries', 'latencyMs', 'versioned'] as const) {
      settings[name] = Number(url.searchParams.get(name) ?? settings[name]);
    }
    const counted = calls;
    calls = 0;
    return json({ calls: counted });
  }
  calls += 1;
  if (path === '/oauth/token') {
    return json({ access_token: 'a', token_type: 'Bearer', expires_in: 86_400, refresh_token: 'r' });
  }
  if (path === '/v1/me') return json({ id: 'listener', display_name: 'Listener' });
  if (path === '/v1/me/playlists') {
    const last = Math.min(offset + 50, settings.playlists);
    const items = Array.from({ length: Math.max(0, last - offset) }, (_, index) => ({
      id: playlistId(offset + index),
      name: 'A list',
      owner: { id: 'listener' },
      items: { total: settings.entries },
      ...(settings.versioned && { snapshot_id: 'version 1' }),
    }));
    const next = last < settings.playlists ? `${origin}${path}?offset=${last}&limit=50` : null;
    return json({ items, offset, total: settings.playlists, next });
  }
  const [, playlist] = /^\/v1\/playlists\/list(\d+)\/items$/.exec(path) ?? [];
  if (playlist !== undefined) {
    const last = Math.min(offset + ENTRIES_A_PAGE, settings.entries);
    const entries: string[] = [];
    for (let index = offset; index < last; index++) entries.push(entryOf(Number(playlist), index));
    const next = last < settings.entries ? `"${origin}${path}?offset=${last}&limit=50"` : 'null';
    return [`{"items":[${entries.join(',')}],"offset":${offset},"total":${settings.entries},"next":${next}}`];
  }
  if (path === '/v1/me/following') return json({ artists: { items: [], next: null } });
  if (path.startsWith('/v1/')) return json({ items: [], next: null, total: 0, offset: 0 });
  return otherPlatforms(url);
}

/** GitHub and YouTube: ten pages of stars, ten of subscriptions. */
function otherPlatforms(url: URL): Answer {
  const page = Number(url.searchParams.get('page') ?? 1);
  const token = Number(url.searchParams.get('pageToken') ?? 0);
  switch (url.pathname) {
    case '/user':
      return json({ id: 7, login: 'coder' });
    case '/user/starred': {
      const stars = Array.from({ length: 100 }, (_, index) => ({
        starred_at: new Date(Date.UTC(2026, 0) - (page * 100 + index) * 60_000).toISOString(),
        repo: { id: page * 100 + index, full_name: `somebody/repository-${page}-${index}`, language: 'TypeScript' },
      }));
      const link = `<${origin}/user/starred?per_page=100&page=${page + 1}>; rel="next"`;
      return [JSON.stringify(stars), page < 10 ? { link } : {}];
    }
    case '/youtube/v3/channels':
      return json({ items: [{ id: 'UCviewer', snippet: { title: 'Viewer' } }] });
    case '/youtube/v3/subscriptions': {
      const items = Array.from({ length: 50 }, (_, index) => ({
        snippet: {
          publishedAt: '2026-01-01T00:00:00Z',
          title: 'A channel',
          resourceId: { channelId: `UC${token * 50 + index}` },
        },
      }));
      return json({ items, ...(token < 9 && { nextPageToken: String(token + 1) }) });
    }
    default:
      return url.pathname.startsWith('/youtube/') ? json({ items: [] }) : json([]);
  }
}

createServer((request, response) => {
  request.resume();
  const url = new URL(request.url ?? '', origin);
  const send = () => {
    const [body, headers = {}] = answer(url);
    response.writeHead(200, { 'content-type': 'application/json', ...headers }).end(body);
  };
  if (settings.latencyMs === 0 || url.pathname === '/control') send();
  else void sleep(settings.latencyMs).then(send);
}).listen(PORT, '127.0.0.1');
