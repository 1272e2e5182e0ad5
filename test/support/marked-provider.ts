import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** How the provider behaves; its error answers repeat everything it was sent. */
export type Mood =
  'ok' | 'unauthorized' | 'forbidden' | 'broken' | 'refuses the grant' | 'refuses the client' | 'falls over';

const API: Readonly<Record<string, object>> = {
  '/v1/me': { id: 'ada', display_name: 'Ada', country: 'GB' },
  '/v1/me/following': { artists: { items: [], total: 0, next: null } },
  '/user': { id: 7, login: 'ada', type: 'User' },
};

/**
 * A provider whose tokens are easy to find again wherever they end up. Its errors repeat codes, tokens
 * and client secrets, as some real providers do.
 */
export class MarkedProvider {
  mood: Mood = 'ok';
  /** Everything secret that went over the line, in both directions. */
  readonly secrets = new Set<string>();
  private count = 0;

  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  static async start(): Promise<MarkedProvider> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const provider = new MarkedProvider(server, `http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    server.on('request', (request, response) => void provider.answer(request, response));
    return provider;
  }

  /** A new secret of a kind. */
  mark(kind: string): string {
    this.count += 1;
    const mark = `cAnArY.${kind}.${String(this.count).padStart(4, '0')}`;
    this.secrets.add(mark);
    return mark;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const sent = await text(request);
    const { authorization = '' } = request.headers;
    for (const name of ['code', 'code_verifier', 'client_secret', 'refresh_token', 'token']) {
      const value = new URLSearchParams(sent).get(name);
      if (value) this.secrets.add(value);
    }
    const everything = { error_description: `You sent ${sent} with ${authorization}`, message: `No: ${authorization}` };
    const say = (status: number, body: object) => {
      response.writeHead(status, { 'content-type': 'application/json', 'x-echo': encodeURIComponent(authorization) });
      response.end(JSON.stringify(body));
    };
    const path = new URL(request.url ?? '/', this.url).pathname;
    if (path === '/token') this.token(say, everything);
    else if (path === '/revoke') say(503, everything);
    else if (this.mood === 'unauthorized') say(401, { error: { status: 401, ...everything } });
    else if (this.mood === 'forbidden') say(403, { error: { status: 403, ...everything } });
    else if (this.mood === 'broken') say(500, { error: { status: 500, ...everything } });
    else say(200, API[path] ?? { items: [], total: 0, next: null });
  }

  private token(say: (status: number, body: object) => void, everything: object): void {
    if (this.mood === 'refuses the grant') say(400, { error: 'invalid_grant', ...everything });
    else if (this.mood === 'refuses the client') say(401, { error: 'invalid_client', ...everything });
    else if (this.mood === 'falls over') say(500, { error: `server_error ${JSON.stringify(everything)}` });
    else {
      say(200, {
        access_token: this.mark('access'),
        refresh_token: this.mark('refresh'),
        token_type: 'bearer',
        expires_in: 3_600,
      });
    }
  }
}
