const ENTITIES = { amp: '&', lt: '<', gt: '>', quot: '"', '#39': "'" };
const MOST_REDIRECTS = 10;

/** The parts of a browser that a consent page needs: cookies, redirects, and sending its form. */
export class Browser {
  /** By host, without the port, as browsers do. */
  cookies = new Map();

  keepCookies(url, headers) {
    const { hostname } = new URL(url);
    const jar = this.cookies.get(hostname) ?? new Map();
    this.cookies.set(hostname, jar);
    for (const line of headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line) ?? [];
      if (/max-age=0|expires=thu, 01 jan 1970/i.test(line)) jar.delete(name);
      else jar.set(name, value);
    }
  }

  /** The page at the end of all redirects. */
  async open(url, { method = 'GET', body } = {}) {
    let next = { url, method, body };
    for (let hops = 0; hops <= MOST_REDIRECTS; hops++) {
      const answer = await fetch(next.url, {
        method: next.method,
        redirect: 'manual',
        headers: { accept: 'text/html', cookie: this.cookiesFor(next.url) },
        ...(next.body && { body: next.body }),
      });
      this.keepCookies(next.url, answer.headers);
      const location = answer.headers.get('location');
      if (location === null) return new Page(next.url, answer.status, await answer.text());
      await answer.body?.cancel();
      next = { url: new URL(location, next.url).href, method: 'GET' };
    }
    throw new Error(`Too many redirects from ${url}`);
  }

  /** Sends the page's form with its hidden fields and what was chosen. */
  submit(page, chosen) {
    const { action, hidden } = page.form();
    return this.open(new URL(action, page.url).href, {
      method: 'POST',
      body: new URLSearchParams({ ...hidden, ...chosen }),
    });
  }

  cookiesFor(url) {
    return [...(this.cookies.get(new URL(url).hostname) ?? [])].map(([name, value]) => `${name}=${value}`).join('; ');
  }
}

class Page {
  constructor(url, status, html) {
    this.url = url;
    this.status = status;
    this.html = html;
  }

  form() {
    const action = /<form method="post" action="([^"]+)"/.exec(this.html)?.[1];
    if (!action) throw new Error(`${this.status} and no form at ${this.url}: ${textOf(this.html).slice(0, 300)}`);
    const hidden = [...this.html.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)">/g)];
    return {
      action: unescape(action),
      hidden: Object.fromEntries(hidden.map(([, name, value]) => [name, unescape(value)])),
    };
  }

  /** The label of a radio button: its title and all its text. */
  choice(name, value) {
    const labels = [...this.html.matchAll(/<label>(.*?)<\/label>/gs)].map(([, label]) => label);
    const offered = labels.flatMap((label) => new RegExp(`name="${name}" value="([^"]+)"`).exec(label)?.[1] ?? []);
    const label = labels[offered.indexOf(value)];
    if (!label) throw new Error(`The page offers no ${name} "${value}", only ${offered.join(', ')}`);
    return { title: textOf(/<strong>(.*?)<\/strong>/s.exec(label)?.[1] ?? value), text: textOf(label) };
  }
}

function textOf(html) {
  return unescape(html.replace(/<style.*?<\/style>/gs, '').replace(/<[^>]+>/g, ' '))
    .replace(/\s+/g, ' ')
    .trim();
}

function unescape(text) {
  return text.replace(/&(#?\w+);/g, (whole, name) => ENTITIES[name] ?? whole);
}
