import type { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { request, type Dispatcher } from 'undici';
import { COMMAND_LINE } from '../auth/command-line.js';
import { isLoopbackHost } from '../config/environment-values.js';
import { issueToken } from './tokens.js';

/** A body that is not JSON, from its start. */
export interface StreamedBody {
  readonly contentType: string;
  readonly bytes: Readable;
}

/** What is asked of the server, below `/api`. */
interface Question {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: object | undefined;
  /** Called again when the server wants the request later. */
  readonly upload?: (() => StreamedBody) | undefined;
  /** Milliseconds. */
  readonly timeoutMs?: number | undefined;
}

/** For whom the server is asked. */
interface Asker {
  readonly userId: string;
  readonly admin: boolean;
}

/** Thrown for a failure that the server answers; its message is for people. */
export class ServerRefusal extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly details?: Readonly<Record<string, unknown>>,
  ) {
    super(message);
  }
}

/** A page of a list, as in the API. */
export interface Page {
  readonly data: readonly Readonly<Record<string, unknown>>[];
  readonly page: { readonly nextCursor: string | null };
}

interface Envelope {
  readonly success: boolean;
  readonly error?: { readonly code: string; readonly message: string; readonly details?: Record<string, unknown> };
}

/** A request to the server. */
interface Sending {
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string | Readable;
  /** Milliseconds. */
  readonly timeoutMs?: number | undefined;
}

/**
 * Calls the running server's API as an administrator. The commands use the API, because an embedded database serves one
 * process only, and so that each rule is in one place.
 */
export function askAdminApi(method: 'GET' | 'POST', path: string, body?: object): Promise<unknown> {
  return askServer({ userId: COMMAND_LINE, admin: true }, { method, path, body });
}

/** Calls the running server's API as a person; as the one that `SOUL_TOKEN` stands for where it is set. */
export async function askServer(asker: Asker, { method, path, body, upload, timeoutMs }: Question): Promise<unknown> {
  const answer = await sendToServer(asker, `/api${path}`, () => {
    const streamed = upload?.();
    return {
      method,
      headers: {
        ...(streamed && { 'content-type': streamed.contentType }),
        ...(body && { 'content-type': 'application/json' }),
      },
      ...(streamed && { body: streamed.bytes }),
      ...(body && { body: JSON.stringify(body) }),
      timeoutMs,
    };
  });
  const envelope = (await answer.body.json()) as Envelope; // The API of the same product.
  if (envelope.success) return envelope;
  const { code = 'FAILED', message = `Status ${answer.statusCode}`, details } = envelope.error ?? {};
  throw new ServerRefusal(code, message, details);
}

/**
 * Sends a request to the running server as a person, again when it wants it later.
 * @param make called for each try, because a streamed body can be read only once
 * @throws ServerRefusal when no server answers
 */
export async function sendToServer(asker: Asker, path: string, make: () => Sending): Promise<Dispatcher.ResponseData> {
  const { config } = await import('../config/config.module.js');
  const address = process.env['SOUL_URL'] ?? `http://127.0.0.1:${config.port}`;
  const token = process.env['SOUL_TOKEN'] ?? (await issueToken({ ...asker, premium: false }, '5m'));
  const { method, headers, body, timeoutMs = 60_000 } = make();
  let answer: Dispatcher.ResponseData;
  try {
    // Not fetch, which sends no Host but the address's. The server answers under its own names only.
    answer = await request(`${address}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(isLoopbackHost(new URL(address).hostname) && { host: new URL(config.publicUrl).host }),
        ...headers,
      },
      ...(body !== undefined && { body }),
      headersTimeout: timeoutMs,
      signal: AbortSignal.timeout(timeoutMs),
    });
  } catch (error) {
    throw new ServerRefusal(
      'SERVER_UNREACHABLE',
      `No server answers at ${address}. Start it, or set SOUL_URL (${String(error)}).`,
    );
  }
  const retryAfter = Number(answer.headers['retry-after']);
  if (answer.statusCode !== 429 || !(retryAfter > 0)) return answer;
  await answer.body.dump();
  await sleep(retryAfter * 1_000);
  return sendToServer(asker, path, make);
}
