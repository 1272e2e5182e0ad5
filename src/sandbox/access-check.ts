import type { Request } from 'express';
import type { AccessTicket } from './oauth-tickets.js';

/** The access that a bearer token gives, or why it gives none. */
export type AccessCheck = AccessTicket | 'missing' | 'invalid' | 'expired';

/** What a fault can do to the token of a request. */
export interface EndableTokens {
  /** From now on it has expired. */
  expire(request: Request): void;
  /** From now on its grant is invalid. */
  revokeGrantOf(request: Request): void;
}

/** What a stand-in's API needs from its OAuth server. */
export interface BearerTokens {
  /** Checks the bearer token of an API request. */
  access(request: Request): AccessCheck;
  /** Ends the grant that a token came from; false if the token is invalid. */
  revoke(token: string): boolean;
}
