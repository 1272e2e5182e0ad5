import type { Request } from 'express';
import type { AccessTicket } from './oauth-tickets.js';

/** What a bearer token is worth: an access, or why it is none. */
export type AccessCheck = AccessTicket | 'missing' | 'invalid' | 'expired';

/** What a fault can do to the token of a request. */
export interface EndableTokens {
  /** From now on it is expired. */
  expire(request: Request): void;
  /** From now on its grant is worth nothing. */
  revokeGrantOf(request: Request): void;
}

/** What a stand-in's API needs of its OAuth server. */
export interface BearerTokens {
  /** Checks the bearer token of an API request. */
  access(request: Request): AccessCheck;
  /** Ends the grant that a token came from; false where the token is none. */
  revoke(token: string): boolean;
}
