import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import type { z } from 'zod';
import { PlatformError } from './platform-error.js';

/** The body is not JSON although the headers promise it. Providers' proxies cut answers, so asking again may help. */
export class MalformedJson extends Error {
  override readonly name = 'MalformedJson';
}

/**
 * Reads a body into text and holds at most `limitBytes` of it, counted after decompression. Throws
 * `PLATFORM_BAD_ANSWER` for more than that or for an encoding we did not ask for; errors of the stream pass through.
 */
export async function readBody(
  body: Readable,
  headers: ReadonlyMap<string, string>,
  limitBytes: number,
  from: string,
): Promise<string> {
  const tooLarge = () =>
    new PlatformError('PLATFORM_BAD_ANSWER', `More than ${limitBytes} bytes from ${from}`, { status: 200 });
  if (Number(headers.get('content-length') ?? 0) > limitBytes) {
    body.destroy();
    throw tooLarge();
  }
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of decoded(body, headers.get('content-encoding') ?? 'identity', from)) {
    size += chunk.length;
    if (size > limitBytes) throw tooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size)
    .toString('utf8')
    .replace(/^\uFEFF/, '');
}

function decoded(body: Readable, encoding: string, from: string): AsyncIterable<Buffer> {
  switch (encoding.trim().toLowerCase()) {
    case 'identity':
    case '':
      return body as AsyncIterable<Buffer>;
    case 'gzip':
    case 'x-gzip':
      // Errors of either stream surface in the reader of the last one.
      return pipeline(body, createGunzip(), () => undefined);
    default:
      body.destroy();
      throw new PlatformError('PLATFORM_BAD_ANSWER', `Unknown content encoding from ${from}`);
  }
}

/** Whether a `Content-Type` promises JSON (`application/json`, `application/vnd.github+json; charset=utf-8`). */
export function isJson(contentType: string | undefined): boolean {
  return /^\s*(application|text)\/([\w.-]+\+)?json\s*(;|$)/i.test(contentType ?? '');
}

/**
 * Turns a body into checked data. Throws `MalformedJson`, or `PLATFORM_BAD_ANSWER` naming the first fields that differ
 * from the schema; neither quotes the body.
 */
export function parseBody<T>(text: string, schema: z.ZodType<T>, from: string): T {
  let json: unknown;
  try {
    json = parseJson(text);
  } catch {
    // The engine's message quotes the body, so it is dropped.
    throw new MalformedJson(`Malformed JSON from ${from}`);
  }
  const result = schema.safeParse(json);
  if (result.success) return result.data;
  const issues = result.error.issues.slice(0, 3).map((issue) => `${issue.path.join('.') || 'body'}: ${issue.message}`);
  throw new PlatformError('PLATFORM_BAD_ANSWER', `Unexpected data from ${from} (${issues.join('; ').slice(0, 300)})`);
}

/** Parses JSON, leaving out what PostgreSQL's jsonb cannot hold: U+0000 and unpaired surrogates, both possible as escapes. */
function parseJson(text: string): unknown {
  if (!/\\u(0000|d[89a-f])/i.test(text)) return JSON.parse(text);
  return JSON.parse(text, (_key, value: unknown) =>
    typeof value === 'string' ? value.replaceAll('\0', '').replace(/\p{Surrogate}/gu, '\uFFFD') : value,
  );
}
