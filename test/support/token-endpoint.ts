import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** Its answer; `hang` never answers, `half` stops in the middle of the body, `drop` closes the connection. */
export type TokenAnswer =
  | 'hang'
  | 'half'
  | 'drop'
  | { readonly status?: number; readonly headers?: Record<string, string>; readonly body: object | string };

/** A request it was sent. */
export interface TokenRequest {
  readonly form: Readonly<Record<string, string>>;
  readonly headers: IncomingHttpHeaders;
}

/** A provider's token endpoint on real HTTP, whose answers the test decides; it can be as wrong as it likes. */
export class TokenEndpoint {
  readonly requests: TokenRequest[] = [];
  answer: (request: TokenRequest) => TokenAnswer | Promise<TokenAnswer> = () => ({ body: {} });

  private constructor(
    private readonly server: Server,
    readonly url: string,
  ) {}

  static async start(): Promise<TokenEndpoint> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as AddressInfo; // It listens on TCP.
    const endpoint = new TokenEndpoint(server, `http://127.0.0.1:${port}/token`);
    server.on('request', (request, response) => {
      void (async () => {
        const asked = { form: Object.fromEntries(new URLSearchParams(await text(request))), headers: request.headers };
        endpoint.requests.push(asked);
        const answer = await endpoint.answer(asked);
        if (answer === 'hang') return;
        if (answer === 'drop') {
          request.socket.destroy();
          return;
        }
        if (answer === 'half') {
          response.writeHead(200, { 'content-type': 'application/json' }).write('{"access_token":"half');
          return;
        }
        const { status = 200, headers = {}, body } = answer;
        const type = typeof body === 'string' ? 'text/html' : 'application/json';
        response.writeHead(status, { 'content-type': type, ...headers });
        response.end(typeof body === 'string' ? body : JSON.stringify(body));
      })();
    });
    return endpoint;
  }

  /** Forgets what was asked. */
  reset(): void {
    this.requests.length = 0;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}
