import { token } from './session.js';

/** A failure: the server's error, or `UNREACHABLE` without an answer. */
export class ApiError extends Error {
  constructor(status, { code, message, details, retryAfter } = {}, requestId = null) {
    super(message ?? 'Something went wrong.');
    this.status = status;
    this.code = code ?? `HTTP_${status}`;
    this.details = details;
    this.retryAfter = retryAfter;
    this.requestId = requestId;
  }

  /** The token is not accepted (any more): only signing in helps. */
  get signedOut() {
    return this.status === 401;
  }
}

async function answer(response) {
  try {
    return await response.json();
  } catch {
    return null;
  }
}

function unreachable() {
  return new ApiError(0, { code: 'UNREACHABLE', message: 'The server cannot be reached. Is it running?' });
}

async function send(method, path, body) {
  const headers = { accept: 'application/json' };
  const bearer = token();
  if (bearer) headers.authorization = `Bearer ${bearer}`;
  if (body !== undefined) headers['content-type'] = 'application/json';
  try {
    return await fetch(path, {
      method,
      headers,
      credentials: 'same-origin',
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch {
    throw unreachable();
  }
}

function refusal(response, envelope) {
  const requestId = envelope?.requestId ?? response.headers.get('x-request-id');
  return new ApiError(response.status, envelope?.error, requestId);
}

/** One request; resolves with the whole envelope (`data`, and `page` for lists), rejects with an ApiError. */
export async function request(method, path, body) {
  const response = await send(method, path, body);
  const envelope = await answer(response);
  if (response.ok && envelope?.success !== false) return envelope ?? { success: true, data: null };
  throw refusal(response, envelope);
}

/** An answer as a file; an incomplete one is an error. */
export async function download(path) {
  const response = await send('GET', path);
  if (!response.ok) throw refusal(response, await answer(response));
  return response.blob().catch(() => {
    throw unreachable();
  });
}

export const get = (path) => request('GET', path);
export const post = (path, body) => request('POST', path, body);
export const put = (path, body) => request('PUT', path, body);
export const patch = (path, body) => request('PATCH', path, body);
export const remove = (path) => request('DELETE', path);
