import type { Router } from 'express';
import type { SandboxClock } from './sandbox-clock.js';
import type { OAuthServer } from './oauth-server.js';

/** An invented person who can be chosen on the consent page. */
export interface StandInPersona {
  readonly id: string;
  readonly name: string;
  /** One line about this life, with the home zone; shown on the consent page. */
  readonly life: string;
}

/** How a client may prove itself at the token endpoint; `none` is a public client that only names its `client_id`. */
export type ClientAuthentication = 'basic' | 'body' | 'none';

/** What differs between providers' OAuth servers. */
interface StandInOAuth {
  /** Every scope the provider knows, in words for the consent page. */
  readonly scopes: Readonly<Record<string, string>>;
  readonly clientAuthentication: readonly ClientAuthentication[];
  readonly accessTokenSeconds: number;
  /** Counted from the person's consent; refreshing does not extend it. */
  readonly refreshTokenDays: number;
}

/** One stand-in provider: facts, invented people and its API. Mounted under `/<name>`. */
export interface StandIn {
  readonly name: string;
  readonly title: string;
  readonly personas: readonly StandInPersona[];
  readonly oauth: StandInOAuth;
  /** The provider's own shape of an API error, used by its API and by injected faults. */
  errorBody(status: number, message: string): object;
  /** Builds the routes below `/<name>`, with the provider's documented paths. */
  api(oauth: OAuthServer, clock: SandboxClock): Router;
}
