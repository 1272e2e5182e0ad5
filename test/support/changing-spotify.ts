import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An account whose owner changes it, served over HTTP as Spotify does. */
export class ChangingSpotify {
  readonly requests: string[] = [];
  /** How many entries are on a page. */
  pageSize = 2;
  /** How many of the last plays are still known. */
  keepsPlays = Infinity;
  /** Refuses every request that goes on from an earlier one, once each, as if Spotify had forgotten where that was. */
  refusesCursors = false;
  /** An id that Spotify gives the account beside the one it has had; none before it began to do so. */
  accountId: string | undefined;
  /** Called before each answer. */
  beforeAnswer: (path: string) => void = () => {};
  readonly saved = new Map<string, number>();
  readonly followed = new Set<string>();
  readonly playlists = new Map<string, { version: number; readonly entries: string[] }>();
  readonly plays: { readonly id: string; readonly at: number }[] = [];
  private clock = Date.UTC(2026, 0);
  private readonly server = createServer((request, response) => {
    const url = new URL(request.url ?? '', this.url);
    this.requests.push(url.pathname + url.search);
    this.beforeAnswer(url.pathname);
    const stale = this.refusesCursors && url.searchParams.has('after');
    const body = stale ? null : this.answer(url);
    response
      .writeHead(body === null ? 400 : 200, { 'content-type': 'application/json' })
      .end(JSON.stringify(body ?? { error: { status: 400, message: 'Invalid after' } }));
  });

  async start(): Promise<this> {
    await new Promise<void>((resolve) => this.server.listen(0, '127.0.0.1', resolve));
    return this;
  }

  get url(): string {
    const address = this.server.address() as AddressInfo | null; // It listens on a port.
    return `http://127.0.0.1:${address?.port ?? 0}`;
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.server.close(resolve));
    this.server.closeAllConnections();
    await closed;
  }

  save(id: string): void {
    this.saved.delete(id);
    this.saved.set(id, this.tick());
  }

  addTo(playlist: string, id: string): void {
    const list = this.playlists.get(playlist) ?? { version: this.tick(), entries: [] };
    list.entries.push(`${id}@${new Date(this.tick()).toISOString()}`);
    list.version = this.tick();
    this.playlists.set(playlist, list);
  }

  takeFrom(playlist: string): void {
    const list = this.playlists.get(playlist);
    if (!list || list.entries.length === 0) return;
    list.entries.shift();
    list.version = this.tick();
  }

  play(id: string, at = this.tick()): void {
    this.plays.push({ id, at });
  }

  /** The ids of what holds now, and of all plays, as they should be stored. */
  truth(): Set<string> {
    return new Set([
      ...[...this.saved.keys()].map((id) => `saved-track ${id}`),
      ...[...this.followed].map((id) => `followed-artist ${id}`),
      ...[...this.playlists.keys()].map((id) => `playlist ${id}`),
      ...[...this.playlists].flatMap(([id, { entries }]) =>
        entries.map((entry) => `playlist-item ${id}:spotify:track:${entry}`),
      ),
      ...this.plays.map(({ id, at }) => `play ${id}@${at}`),
    ]);
  }

  private tick(): number {
    return (this.clock += 1_000);
  }

  private answer(url: URL): unknown {
    const path = url.pathname;
    if (path === '/v1/me') {
      return { id: 'ana', display_name: 'Ana', ...(this.accountId !== undefined && { account_id: this.accountId }) };
    }
    if (path === '/v1/me/player/recently-played') return this.playsPage(url);
    if (path === '/v1/me/following') return this.followedPage(url);
    if (path === '/v1/me/tracks') {
      const newestFirst = [...this.saved].toReversed();
      return this.page(
        url,
        newestFirst.map(([id, at]) => ({ added_at: new Date(at).toISOString(), track: track(id) })),
      );
    }
    if (path === '/v1/me/playlists') {
      const owner = { id: 'ana' };
      return this.page(
        url,
        [...this.playlists].map(([id, { version, entries }]) => {
          return { id, name: id, owner, snapshot_id: String(version), items: { total: entries.length } };
        }),
      );
    }
    const [, playlist = ''] = /^\/v1\/playlists\/(\w+)\/items$/.exec(path) ?? [];
    const entries = this.playlists.get(playlist)?.entries ?? [];
    return this.page(
      url,
      entries.map((entry) => {
        const [id = '', addedAt] = entry.split('@');
        return { added_at: addedAt, added_by: { id: 'ana' }, item: track(id) };
      }),
    );
  }

  private page(url: URL, all: readonly unknown[]): object {
    const offset = Number(url.searchParams.get('offset') ?? 0);
    return {
      items: all.slice(offset, offset + this.pageSize),
      offset,
      total: all.length,
      next: offset + this.pageSize < all.length ? this.at(url, 'offset', offset + this.pageSize) : null,
    };
  }

  private playsPage(url: URL): object {
    const after = Number(url.searchParams.get('after') ?? 0);
    const before = Number(url.searchParams.get('before') ?? Infinity);
    const kept = this.plays.slice(-this.keepsPlays);
    const fitting = kept.filter(({ at }) => at > after && at < before).toReversed();
    const page = after > 0 ? fitting.slice(-this.pageSize) : fitting.slice(0, this.pageSize);
    const [newest, oldest] = [page[0], page.at(-1)];
    const onward = after > 0 ? this.at(url, 'after', newest?.at ?? 0) : this.at(url, 'before', oldest?.at ?? 0);
    return {
      items: page.map(({ id, at }) => ({ played_at: new Date(at).toISOString(), track: track(id) })),
      next: fitting.length > page.length ? onward : null,
    };
  }

  private followedPage(url: URL): object {
    const all = [...this.followed];
    const start = all.indexOf(url.searchParams.get('after') ?? '') + 1;
    const page = all.slice(start, start + this.pageSize);
    const next = start + this.pageSize < all.length ? this.at(url, 'after', page.at(-1) ?? '') : null;
    return { artists: { items: page.map((id) => ({ id, name: id })), next, total: all.length } };
  }

  private at(url: URL, name: string, value: string | number): string {
    const next = new URL(url);
    next.searchParams.set(name, String(value));
    return next.href;
  }
}

function track(id: string) {
  return { id, uri: `spotify:track:${id}`, name: id, artists: [{ id: `artist-of-${id}`, name: id }] };
}
