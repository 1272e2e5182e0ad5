import { setTimeout as sleep } from 'node:timers/promises';
import { request, type Dispatcher } from 'undici';
import { isLoopbackHost } from '../config/environment-values.js';
import { issueToken } from './tokens.js';

/** Thrown for a failure that the server answers; its message is for people. */
class AdminApiError extends Error {
  constructor(
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

/** A page of a list, as in the API. */
export interface Page {
  readonly data: readonly Readonly<Record<string, unknown>>[];
  readonly page: { readonly nextCursor: string | null };
}

/**
 * Calls the running server's API as an administrator. The commands use the API, because an embedded database serves one
 * process only, and so that each rule is in one place.
 */
export async function askAdminApi(method: 'GET' | 'POST', path: string, body?: object): Promise<unknown> {
  const { config } = await import('../config/config.module.js');
  const address = process.env['SOUL_URL'] ?? `http://127.0.0.1:${config.port}`;
  const token = process.env['SOUL_TOKEN'] ?? (await issueToken({ userId: 'cli', admin: true, premium: false }, '5m'));
  let answer: Dispatcher.ResponseData;
  try {
    // Not fetch, which sends no Host but the address's. The server answers under its own names only.
    answer = await request(`${address}/api${path}`, {
      method,
      headers: {
        authorization: `Bearer ${token}`,
        ...(isLoopbackHost(new URL(address).hostname) && { host: new URL(config.publicUrl).host }),
        ...(body && { 'content-type': 'application/json' }),
      },
      ...(body && { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(60_000),
    });
  } catch (error) {
    throw new AdminApiError(
      'SERVER_UNREACHABLE',
      `No server answers at ${address}. Start it, or set SOUL_URL (${String(error)}).`,
    );
  }
  const retryAfter = Number(answer.headers['retry-after']);
  if (answer.statusCode === 429 && retryAfter > 0) {
    await answer.body.dump();
    await sleep(retryAfter * 1_000);
    return askAdminApi(method, path, body);
  }
  const envelope = (await answer.body.json()) as { success: boolean; error?: { code: string; message: string } }; // The API of the same product.
  if (!envelope.success) {
    throw new AdminApiError(envelope.error?.code ?? 'FAILED', envelope.error?.message ?? `Status ${answer.statusCode}`);
  }
  return envelope;
}
