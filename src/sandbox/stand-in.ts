import type { Response, Router } from 'express';
import type { BearerTokens } from './access-check.js';
import type { SandboxClock } from './sandbox-clock.js';
import type { TokenFault, TokenRefusal } from './token-error.js';

/** An invented person who can be chosen on the consent page. */
export interface StandInPersona {
  readonly id: string;
  readonly name: string;
  /** One line about this life, with the home zone; shown on the consent page. */
  readonly life: string;
}

/** How a client may authenticate at the token endpoint; `none` is a public client that only names its `client_id`. */
export type ClientAuthentication = 'basic' | 'body' | 'none';

/** What differs between providers' OAuth servers. */
export interface StandInOAuth {
  /** Every scope the provider knows, in words for the consent page. */
  readonly scopes: Readonly<Record<string, string>>;
  readonly unknownScopes: 'refused' | 'ignored';
  /** Stands between the scopes of a token answer; requests always use spaces. */
  readonly scopeSeparator: ' ' | ',';
  readonly clientAuthentication: readonly ClientAuthentication[];
  readonly codeSeconds: number;
  /** Null where access tokens do not expire. */
  readonly accessTokenSeconds: number | null;
  /** Counted from the person's consent; refreshing does not extend it. Null where there are no refresh tokens. */
  readonly refreshTokenDays: number | null;
  /** A refresh token is given for `access_type=offline` only, and stays the same: refreshing gives no other. */
  readonly keepsRefreshTokens?: true;
  readonly tokenAnswers: 'json' | 'form unless json is accepted';
  readonly tokenRefusal: (fault: TokenFault, description: string) => TokenRefusal;
  /** With a persona's id behind it this is that persona's own read-only token; null where there are none. */
  readonly personalTokenPrefix: string | null;
}

/** A file inside an archive: its path there, and its text in pieces, made as they are asked for. */
export interface ArchiveEntry {
  readonly name: string;
  readonly text: Iterable<string>;
}

/** An archive that a provider makes of everything it knows about a person. */
export interface StandInArchive {
  /** The last part of its address: `extended.zip`. */
  readonly file: string;
  /** For people: "extended streaming history". */
  readonly title: string;
  /** Its files in their order, for a persona as of a moment (ms since the epoch): the same ones whenever it is asked. */
  entries(persona: string, now: number): Iterable<ArchiveEntry>;
}

/** One stand-in provider: facts, invented people and its API. Mounted under `/<name>`. */
export interface StandIn {
  readonly name: string;
  readonly title: string;
  readonly personas: readonly StandInPersona[];
  readonly oauth: StandInOAuth;
  /** What people can download about themselves; left out where nothing is. */
  readonly archives?: readonly StandInArchive[];
  /** The provider's own shape of an API error, used by its API and by injected faults. */
  errorBody(status: number, message: string): object;
  /** The provider's message for a status, for injected faults without a text of their own. */
  readonly faultMessages: Readonly<Record<number, string>>;
  /** The answer of a list, with itself as its next page: in its body, or in a header. */
  loop(body: unknown, address: URL, response: Response): unknown;
  /** Builds the routes below `/<name>`, with the provider's documented paths. */
  api(tokens: BearerTokens, clock: SandboxClock): Router;
}
