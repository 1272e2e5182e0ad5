import type { Server } from 'node:http';

/** How long a connection may take to send the head of a request, the first one counted from when it was opened. */
const HEAD_MS = 10_000;

/** How long a whole request may take to arrive. Bodies are short. */
const REQUEST_MS = 30_000;

/**
 * How long a connection stays open between two requests: longer than proxies keep theirs (nginx 60 s), or one of theirs
 * could be closed while a request is on its way, which they would answer with 502. Node's default is 5 s.
 */
const IDLE_MS = 65_000;

/** How often connections are looked at. Node's default of 30 s would triple the time for a head. */
const LOOK_EVERY_MS = 5_000;

/**
 * Limits for how long a request may take to arrive, before the server listens. A client that sends nothing, or a byte now
 * and then, is answered 408 and disconnected (Node's `headersTimeout` and `requestTimeout`; the defaults are 60 and 300 s).
 */
export function limitTime(server: Server): void {
  server.headersTimeout = HEAD_MS;
  server.requestTimeout = REQUEST_MS;
  server.keepAliveTimeout = IDLE_MS;
  // Node reads it when the server begins to listen; its types have it only as an option of the constructor.
  Object.assign(server, { connectionsCheckingInterval: LOOK_EVERY_MS });
}
