import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PlatformClient } from '../../src/platforms/platform-client.js';
import type { Platform } from '../../src/platforms/platform.js';
import { startSandbox } from '../../src/sandbox/sandbox.js';
import { SandboxVisitor } from '../../src/sandbox/sandbox-visitor.js';

/** An answer as it is sent again. */
export interface RecordedAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Whether the connection ends in the middle of it. */
  readonly cut?: boolean;
}

/** The number of entries on a page, as the providers call it in their requests. */
const PAGE_SIZE = /([?&](?:limit|per_page|maxResults))=\d+/;

/**
 * Serves an account of a sandbox platform over HTTP with small pages. Each answer is taken from the sandbox once and
 * repeated from then on; a test may replace single ones.
 */
export class RecordedPlatform {
  /** The paths that were asked for, and the tag that was sent along. */
  readonly requests: { readonly path: string; readonly etag: string | undefined }[] = [];
  /** Sent instead of the recorded answer to a path. */
  readonly replaced = new Map<string, RecordedAnswer>();
  private readonly recorded = new Map<string, RecordedAnswer>();

  private constructor(
    readonly client: PlatformClient,
    private readonly stop: () => Promise<void>,
  ) {}

  static async start(
    platform: Platform,
    persona: string,
    now: Date,
    entriesAPage: (path: string) => number,
  ): Promise<RecordedPlatform> {
    const sandbox = await startSandbox({ host: '127.0.0.1', port: 0, now: () => now });
    const visitor = new SandboxVisitor(`${sandbox.url}/${platform.name}`);
    const { access_token: token } = await visitor.connect(persona, platform.oauth.scopes);
    const server = createServer((request, response) => {
      const path = request.url ?? '';
      const etag = request.headers['if-none-match'];
      served.requests.push({ path, etag });
      void (async () => {
        const answer = served.replaced.get(path) ?? (await record(path, request.headers.accept ?? '*/*'));
        if (etag !== undefined && answer.headers['etag'] === etag) response.writeHead(304).end();
        else if (answer.cut !== true) response.writeHead(answer.status, answer.headers).end(answer.body);
        else {
          response.writeHead(answer.status, answer.headers);
          response.write(answer.body.slice(0, answer.body.length / 2), () => response.destroy());
        }
      })();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    // It listens on a port.
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const client = new PlatformClient({
      platform: platform.name,
      apiUrl: url,
      headers: platform.headers,
      accessToken: async () => token,
      signal: new AbortController().signal,
      retryBaseMs: 0,
      limits: { tries: 1 },
    });
    const served = new RecordedPlatform(client, async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
      await sandbox.close();
    });
    const here = (text: string) => text.replaceAll(visitor.standInUrl, url);
    const record = async (path: string, accept: string): Promise<RecordedAnswer> => {
      const known = served.recorded.get(path);
      if (known) return known;
      const answer = await visitor.get(path.replace(PAGE_SIZE, `$1=${entriesAPage(path)}`), token, { accept });
      const [link, etag] = [answer.headers.get('link'), answer.headers.get('etag')];
      const headers = {
        'content-type': 'application/json',
        ...(link && { link: here(link) }),
        ...(etag && { etag }),
      };
      const kept = { status: answer.status, headers, body: here(await answer.text()) };
      served.recorded.set(path, kept);
      return kept;
    };
    return served;
  }

  /** The recorded answer to a path that was asked for before. */
  answerTo(path: string): RecordedAnswer {
    const answer = this.recorded.get(path);
    if (!answer) throw new Error(`${path} was not asked for`);
    return answer;
  }

  close(): Promise<void> {
    return this.stop();
  }
}
