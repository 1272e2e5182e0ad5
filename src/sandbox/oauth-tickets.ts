import { createHmac, timingSafeEqual } from 'node:crypto';

interface Grant {
  readonly platform: string;
  readonly persona: string;
  readonly clientId: string;
  readonly scopes: readonly string[];
  /** Names one consent; all codes and tokens that came from it carry it. */
  readonly grant: string;
  readonly grantedAt: number;
  /** Null where it never does. */
  readonly expiresAt: number | null;
}

/** An authorization code. */
interface CodeTicket extends Grant {
  readonly kind: 'code';
  readonly redirectUri: string;
  /** Asked for with `access_type=offline`. */
  readonly offline: boolean;
  /** The S256 challenge of RFC 7636. */
  readonly challenge: string;
}

/** An access token. */
export interface AccessTicket extends Grant {
  readonly kind: 'access';
  readonly serial: number;
  /** Made by the person on the provider's own pages, without an app asking for it. */
  readonly personal?: true;
}

/** A refresh token; its serial distinguishes the newest one of a grant from those already used. */
export interface RefreshTicket extends Grant {
  readonly kind: 'refresh';
  readonly serial: number;
}

/** The content of a code or token. The client carries it, signed, so it survives a restart of the sandbox. */
export type Ticket = CodeTicket | AccessTicket | RefreshTicket;

/** Fixed and public on purpose: tokens of one sandbox work in the next, and none gives access to anything real. */
const SANDBOX_KEY = 'soul-signature sandbox, invented people only';

const sign = (content: string): Buffer => createHmac('sha256', SANDBOX_KEY).update(content).digest();

/** Writes a ticket as an opaque string. */
export function sealTicket(ticket: Ticket): string {
  const content = Buffer.from(JSON.stringify(ticket)).toString('base64url');
  return `${content}.${sign(content).toString('base64url')}`;
}

/** Reads a ticket of the wanted kind; undefined if it is another kind, for another platform or not ours. */
export function openTicket<Kind extends Ticket['kind']>(
  text: string,
  kind: Kind,
  platform: string,
): Extract<Ticket, { kind: Kind }> | undefined {
  const [content = '', signature = '', ...rest] = text.split('.');
  const given = Buffer.from(signature, 'base64url');
  const expected = sign(content);
  if (rest.length > 0 || given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
  // Only sealTicket can have signed it.
  const ticket = JSON.parse(Buffer.from(content, 'base64url').toString()) as Ticket;
  if (ticket.kind !== kind || ticket.platform !== platform) return undefined;
  return ticket as Extract<Ticket, { kind: Kind }>;
}
