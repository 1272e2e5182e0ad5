import { createHash, createHmac, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Database } from '../../database/database.js';
import { Housekeeping } from '../../database/housekeeping.js';
import { ApiError } from '../../http/api-error.js';
import { networkOf } from '../request-limits.js';
import type { FlowSecrets, Purpose } from './provider.js';

/** A flow must be completed within this time. */
export const FLOW_LIFETIME_MS = 600_000;

/** How many one network may have at once. Beyond that its oldest are forgotten. */
const MOST = 1_000;

/** A flow whose state this browser has used up. */
export interface UsedFlow {
  readonly purpose: Purpose;
  /** The session that the browser had at the beginning. */
  readonly sessionId: string | null;
  readonly returnTo: string;
}

/** A flow that begins. */
export interface NewFlow extends UsedFlow {
  /** Of the network. */
  readonly address: string | undefined;
}

/**
 * The rows of `openid_flows`, one for each sign-in that is under way. A state is 256 random bits, kept as a hash, and works
 * once, for ten minutes, in the browser that began it. Nonce and PKCE verifier are not kept at all: they are made of the
 * secret that only the browser has.
 */
@Injectable()
export class OpenIdFlows {
  constructor(
    private readonly database: Database,
    housekeeping: Housekeeping,
  ) {
    housekeeping.register({ table: 'openid_flows', old: `expires_at < now() - interval '1 hour'` });
  }

  /** @returns what goes to the provider, and what to the browser */
  async begin({
    purpose,
    sessionId,
    returnTo,
    address,
  }: NewFlow): Promise<{ secrets: FlowSecrets; browserSecret: string }> {
    const [state, browserSecret] = [newSecret(), newSecret()];
    await this.database.query(
      `WITH too_many AS (
         DELETE FROM openid_flows WHERE ctid = ANY(ARRAY(
           SELECT ctid FROM openid_flows WHERE network = $6 ORDER BY created_at DESC OFFSET ${MOST - 1})))
       INSERT INTO openid_flows (state_hash, browser_hash, purpose, session_id, return_to, network, expires_at)
       VALUES ($1, $2, $3, $4, $5, $6, now() + ${FLOW_LIFETIME_MS} * interval '1 ms')`,
      [hash(state), hash(browserSecret), purpose, sessionId, returnTo, networkOf(address ?? '')],
    );
    return { secrets: secretsOf(state, browserSecret), browserSecret };
  }

  /**
   * Uses a state up. Of all requests with the same one exactly one gets the flow.
   * @param browserSecret what the browser has, if it has begun this flow
   * @throws ApiError 400 `OIDC_STATE_INVALID`, `OIDC_EXPIRED`, `OIDC_WRONG_BROWSER`, 409 `OIDC_ALREADY_USED`
   */
  async use(state: string, browserSecret: string | undefined): Promise<UsedFlow & { readonly secrets: FlowSecrets }> {
    if (browserSecret !== undefined) {
      const [row] = await this.database.query<UsedFlow>(
        `UPDATE openid_flows SET used_at = now()
         WHERE state_hash = $1 AND browser_hash = $2 AND used_at IS NULL AND expires_at > now()
         RETURNING purpose, session_id AS "sessionId", return_to AS "returnTo"`,
        [hash(state), hash(browserSecret)],
      );
      if (row) return { ...row, secrets: secretsOf(state, browserSecret) };
    }
    throw await this.whyNot(state);
  }

  private async whyNot(state: string): Promise<ApiError> {
    const [found] = await this.database.query<{ used: boolean; expired: boolean }>(
      'SELECT used_at IS NOT NULL AS used, expires_at <= now() AS expired FROM openid_flows WHERE state_hash = $1',
      [hash(state)],
    );
    if (!found) return stateInvalid();
    if (found.used) {
      return new ApiError(409, 'OIDC_ALREADY_USED', 'This sign-in has already been completed. Sign in again.');
    }
    if (found.expired) {
      return new ApiError(400, 'OIDC_EXPIRED', 'Signing in took longer than ten minutes. Sign in again.');
    }
    return new ApiError(400, 'OIDC_WRONG_BROWSER', 'Finish signing in in the browser in which you started.');
  }
}

/** An answer to no question of ours. */
export function stateInvalid(): ApiError {
  return new ApiError(400, 'OIDC_STATE_INVALID', 'This sign-in is not known here. Sign in again.');
}

/** What names a flow without telling its state. */
export function flowOf(state: string): string {
  return hash(state).toString('hex').slice(0, 16);
}

function secretsOf(state: string, browserSecret: string): FlowSecrets {
  const derived = (use: string) => createHmac('sha256', browserSecret).update(use).digest('base64url');
  return { state, nonce: derived('nonce'), verifier: derived('verifier') };
}

function newSecret(): string {
  return randomBytes(32).toString('base64url');
}

function hash(secret: string): Buffer {
  return createHash('sha256').update(secret).digest();
}
