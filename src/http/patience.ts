import type { IncomingMessage, Server } from 'node:http';

/** How long a connection may take to send the head of a request, the first one counted from when it was opened. */
const HEAD_MS = 10_000;

/** How long a body may take to arrive. Bodies are short, except uploads, whose route watches that they go on. */
const BODY_MS = 30_000;
const UPLOAD_MS = 3_600_000;

/**
 * How long a connection stays open between two requests: longer than proxies keep theirs (nginx 60 s), or one of theirs
 * could be closed while a request is on its way, which they would answer with 502. Node's default is 5 s.
 */
const IDLE_MS = 65_000;

/** How often connections are looked at. Node's default of 30 s would triple the time for a head. */
const LOOK_EVERY_MS = 5_000;

/**
 * Limits for how long a request may take to arrive, before the server listens. A client that sends nothing, or a byte now
 * and then, is answered 408 and disconnected, by Node for the head of a request and by us for its body: Node has one limit
 * for all requests (`requestTimeout`), and that is the one of uploads.
 */
export function limitTime(server: Server, isUpload: (request: IncomingMessage) => boolean = () => false): void {
  server.headersTimeout = HEAD_MS;
  server.requestTimeout = UPLOAD_MS;
  server.keepAliveTimeout = IDLE_MS;
  // Node reads it when the server begins to listen; its types have it only as an option of the constructor.
  Object.assign(server, { connectionsCheckingInterval: LOOK_EVERY_MS });
  server.prependListener('request', (request: IncomingMessage) => {
    if (hasBody(request) && !isUpload(request)) limitBody(request);
  });
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

function limitBody(request: IncomingMessage): void {
  const timer = setTimeout(() => {
    if (request.complete) return;
    request.socket.end('HTTP/1.1 408 Request Timeout\r\nConnection: close\r\n\r\n');
    request.destroy();
  }, BODY_MS);
  request.once('close', () => clearTimeout(timer));
}
