import type { Request } from 'express';
import { isLoopbackHost } from '../config/environment-values.js';

const FORWARDING_HEADER = /^(forwarded|via|x-real-ip|x-forwarded-.+)$/;

/** Whether a request was made on this machine: its peer and its host are loopback, and no proxy forwarded it. */
export function isLoopbackRequest(request: Request): boolean {
  const peer = (request.socket.remoteAddress ?? '').replace(/^::ffff:/, '');
  const host = (request.headers.host ?? '').replace(/:\d+$/, '');
  return (
    isLoopbackHost(peer) &&
    isLoopbackHost(host) &&
    !Object.keys(request.headers).some((header) => FORWARDING_HEADER.test(header))
  );
}
