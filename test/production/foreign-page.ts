import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { chromium, type Browser } from 'playwright-core';
import { CHROMIUM_ARGUMENTS, chromiumPath } from '../support/chromium.js';

const FOREIGN = 'evil.example';

/** What an attack got hold of. */
export interface Loot {
  /** Paths whose answer it could read, other than the refusals of the gates. */
  readonly read: readonly string[];
  /** Sockets that were opened. */
  readonly opened: readonly string[];
}

/** A script in a page: reads, writes and opens what it can at `base`, as far as the browser and the server let it. */
const ATTACK = `async (base) => {
  const loot = { read: [], opened: [] };
  const attempt = async (path, options = {}) => {
    const answer = await fetch(base + path, options).catch(() => undefined);
    const text = await answer?.text().catch(() => '');
    if (text && !/"code":"(HOST|ORIGIN)_NOT_ALLOWED"/.test(text)) loot.read.push(path);
    return text;
  };
  const json = { 'content-type': 'application/json' };
  const signedIn = await attempt('/api/auth/demo', { method: 'POST', headers: json, body: '{"name":"mira"}' });
  const token = /"token":"([^"]+)"/.exec(signedIn ?? '')?.[1];
  const authorization = 'Bearer ' + token;
  for (const path of ['/', '/api/me', '/api/account/export', '/api/queues/stats', '/api/openapi.json', '/metrics',
      '/health/ready', '/api/queues/dashboard/api/queues', '/socket.io/?EIO=4&transport=polling']) {
    await attempt(path);
    await attempt(path, { mode: 'no-cors', credentials: 'include' });
    await attempt(path, { headers: { authorization } });
  }
  await attempt('/api/account', { method: 'DELETE', headers: { authorization } });
  await attempt('/api/queues/dashboard/api/queues/extraction/pause', { method: 'PUT' });
  for (const path of ['/api/auth/demo', '/api/extraction', '/api/queues/dashboard/api/queues/extraction/add']) {
    await attempt(path, { method: 'POST', mode: 'no-cors', body: '{"name":"foreign"}' });
    const frame = document.body.appendChild(document.createElement('iframe'));
    frame.name = 'f' + Math.random();
    const form = Object.assign(document.createElement('form'), { method: 'POST', action: base + path, target: frame.name });
    document.body.append(form);
    const sent = new Promise((resolve) => { frame.onload = resolve; setTimeout(resolve, 2_000); });
    form.submit();
    await sent;
  }
  const address = new URL('/socket.io/?EIO=4&transport=websocket', new URL(base || '/', location.href)).href;
  await new Promise((resolve) => {
    try {
      const socket = new WebSocket(address.replace('http', 'ws'));
      socket.onmessage = () => { loot.opened.push('websocket'); resolve(); };
      socket.onclose = socket.onerror = resolve;
    } catch { resolve(); }
  });
  return loot;
}`;

/** A page of somebody else, in a Chromium whose names all lead to this machine. */
export class ForeignPage {
  private constructor(
    private readonly browser: Browser,
    private readonly server: Server,
  ) {}

  /** @param names host names of the site that is attacked */
  static async open(names: readonly string[]): Promise<ForeignPage> {
    const server = createServer((_, response) => {
      response.setHeader('content-type', 'text/html').end('<!doctype html><title>A foreign page</title><body>');
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const rules = [FOREIGN, ...names].map((name) => `MAP ${name} 127.0.0.1`).join(', ');
    const browser = await chromium.launch({
      executablePath: chromiumPath(),
      args: [...CHROMIUM_ARGUMENTS, `--host-resolver-rules=${rules}`],
    });
    return new ForeignPage(browser, server);
  }

  /** The page has another origin, and sends its requests across. */
  attackFromElsewhere(target: string): Promise<Loot> {
    return this.attack((this.server.address() as AddressInfo).port, target); // A TCP server's address is never a string.
  }

  /** The name of the page was made to lead to the site itself (DNS rebinding), so that the browser sees one origin. */
  attackUnderAnotherName(port: number): Promise<Loot> {
    return this.attack(port, '');
  }

  async close(): Promise<void> {
    await this.browser.close();
    this.server.closeAllConnections();
    this.server.close();
  }

  private async attack(port: number, base: string): Promise<Loot> {
    const page = await this.browser.newPage();
    await page.goto(`http://${FOREIGN}:${port}/`);
    const loot: Loot = await page.evaluate(`(${ATTACK})(${JSON.stringify(base)})`);
    await page.close();
    return loot;
  }
}
