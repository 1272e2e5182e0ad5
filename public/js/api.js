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

  /** Who asks is not let in (any more): nothing on the page can work. */
  get signedOut() {
    return this.status === 401 || this.code === 'ACCOUNT_LOCKED';
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

function ownHeaders() {
  const bearer = token();
  return { accept: 'application/json', ...(bearer && { authorization: `Bearer ${bearer}` }) };
}

async function send(method, path, body) {
  const headers = ownHeaders();
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

function refusal(status, envelope, requestId) {
  return new ApiError(status, envelope?.error, envelope?.requestId ?? requestId);
}

function refused(response, envelope) {
  return refusal(response.status, envelope, response.headers.get('x-request-id'));
}

/** One request; resolves with the whole envelope (`data`, and `page` for lists), rejects with an ApiError. */
export async function request(method, path, body) {
  const response = await send(method, path, body);
  const envelope = await answer(response);
  if (response.ok && envelope?.success !== false) return envelope ?? { success: true, data: null };
  throw refused(response, envelope);
}

/** An answer as a file; an incomplete one is an error. */
export async function download(path) {
  const response = await send('GET', path);
  if (!response.ok) throw refused(response, await answer(response));
  return response.blob().catch(() => {
    throw unreachable();
  });
}

/**
 * Sends a form with files. `sent(bytes, of)` is called while they go: `fetch` cannot tell. Resolves with the envelope, and
 * with null when `signal` has ended it.
 */
export function upload(path, form, { sent, signal }) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open('POST', path);
    request.responseType = 'json';
    for (const [name, value] of Object.entries(ownHeaders())) request.setRequestHeader(name, value);
    request.upload.addEventListener('progress', ({ loaded, total }) => sent(loaded, total));
    request.addEventListener('error', () => reject(unreachable()));
    request.addEventListener('abort', () => resolve(null));
    request.addEventListener('load', () => {
      const { status, response } = request;
      if (status >= 200 && status < 300 && response?.success !== false) resolve(response);
      else reject(refusal(status, response, request.getResponseHeader('x-request-id')));
    });
    signal.addEventListener('abort', () => request.abort());
    request.send(form);
  });
}

export const get = (path) => request('GET', path);
export const post = (path, body) => request('POST', path, body);
export const put = (path, body) => request('PUT', path, body);
export const patch = (path, body) => request('PATCH', path, body);
export const remove = (path) => request('DELETE', path);
