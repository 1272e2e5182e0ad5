import { PlatformError } from './platform-error.js';

/** Query parameters of a request; undefined ones are left out. */
export type Query = Readonly<Record<string, string | number | undefined>>;

/**
 * The part of the web a platform's token may be sent to: one origin and everything below the configured base path.
 * Providers answer with addresses of further pages; whatever lies outside is refused before a token could reach it.
 */
export class ApiAddress {
  readonly #base: URL;
  /** Path of the base without its last slash; empty where the API sits at the root. */
  readonly #basePath: string;

  constructor(apiUrl: string) {
    this.#base = new URL(apiUrl);
    this.#basePath = this.#base.pathname.replace(/\/+$/, '');
  }

  /** The absolute address of a path below the base, or of an absolute one that lies there. Throws `PLATFORM_BAD_ANSWER`. */
  resolve(pathOrUrl: string, query: Query = {}): URL {
    const absolute = pathOrUrl.startsWith('/') ? this.#base.origin + this.#basePath + pathOrUrl : pathOrUrl;
    if (!URL.canParse(absolute)) throw this.#refusal();
    const url = this.#accept(new URL(absolute));
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined) url.searchParams.set(name, String(value));
    }
    return url;
  }

  /** Where a redirect leads. Throws `PLATFORM_BAD_ANSWER` if it leaves the API. */
  follow(location: string, from: URL): URL {
    if (!URL.canParse(location, from.href)) throw this.#refusal();
    return this.#accept(new URL(location, from));
  }

  /** Path and query below the base, the form that stays valid when the configured server changes. */
  pathOf(pathOrUrl: string): string {
    const url = this.resolve(pathOrUrl);
    return url.pathname.slice(this.#basePath.length) + url.search;
  }

  #accept(url: URL): URL {
    const below = url.pathname === this.#basePath || url.pathname.startsWith(`${this.#basePath}/`);
    // Compared after parsing, so dot segments cannot climb out; user names in an address are never ours.
    if (url.origin !== this.#base.origin || !below || url.username !== '' || url.password !== '') throw this.#refusal();
    url.hash = '';
    return url;
  }

  #refusal(): PlatformError {
    return new PlatformError('PLATFORM_BAD_ANSWER', `An address outside ${this.#base.host} was refused`);
  }
}

/** Host and path for messages and logs; never the query, which may carry secrets. */
export function describeAddress(url: URL): string {
  return url.host + url.pathname;
}
