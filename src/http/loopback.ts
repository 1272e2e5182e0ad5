import type { Request } from 'express';
import { isLoopbackHost } from '../config/environment-values.js';

const FORWARDING_HEADERS = ['forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip', 'via'];

/** Whether a request was made on this machine: its peer and its host are loopback, and no proxy forwarded it. */
export function isLoopbackRequest(request: Request): boolean {
  const peer = (request.socket.remoteAddress ?? '').replace(/^::ffff:/, '');
  const host = (request.headers.host ?? '').replace(/:\d+$/, '');
  return (
    isLoopbackHost(peer) &&
    isLoopbackHost(host) &&
    FORWARDING_HEADERS.every((header) => request.headers[header] === undefined)
  );
}
