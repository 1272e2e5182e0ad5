/** A browser's HTTP without a browser: keeps cookies by host and path, shows every redirect. */
export class BrowserSession {
  private readonly cookies = new Map<
    string,
    { readonly value: string; readonly host: string; readonly path: string }
  >();

  /** Remembers the cookies an answer sets. */
  keep(url: string, headers: Headers): void {
    for (const line of headers.getSetCookie()) {
      const [pair = '', ...attributes] = line.split(/; */);
      const name = pair.slice(0, pair.indexOf('='));
      const attribute = (wanted: string) =>
        attributes.find((each) => each.toLowerCase().startsWith(`${wanted}=`))?.slice(wanted.length + 1);
      const path = attribute('path') ?? '/';
      const ended = attribute('max-age') === '0' || Date.parse(attribute('expires') ?? '') < Date.now();
      if (ended) this.cookies.delete(name);
      else this.cookies.set(name, { value: pair.slice(name.length + 1), host: new URL(url).hostname, path });
    }
  }

  /** The names of the cookies it holds. */
  get names(): string[] {
    return [...this.cookies.keys()];
  }

  /** Opens an address; a redirect is an answer like any other. */
  async open(url: string): Promise<{ readonly status: number; readonly location: string; readonly headers: Headers }> {
    const { hostname, pathname } = new URL(url);
    const cookie = [...this.cookies]
      .filter(([, { host, path }]) => host === hostname && pathname.startsWith(path))
      .map(([name, { value }]) => `${name}=${value}`)
      .join('; ');
    const response = await fetch(url, { redirect: 'manual', headers: cookie ? { cookie } : {} });
    this.keep(url, response.headers);
    await response.body?.cancel();
    const location = response.headers.get('location');
    return {
      status: response.status,
      location: location === null ? '' : new URL(location, url).href,
      headers: response.headers,
    };
  }

  /** Follows redirects up to the address that lies below `target`, which is not opened. */
  async follow(url: string, target: string): Promise<string> {
    for (let next = url, hops = 0; hops < 10; hops++) {
      const { location, status } = await this.open(next);
      if (location.startsWith(target)) return location;
      if (location === '') throw new Error(`${status} from ${next} instead of a redirect`);
      next = location;
    }
    throw new Error(`Too many redirects from ${url}`);
  }
}
