import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Config } from '../config/config.js';
import { InjectConfig } from '../config/config.module.js';
import { Database } from '../database/database.js';
import { ApiError } from '../http/api-error.js';
import { GrantStorage } from './grant-storage.js';
import { ConsentAttempts, type Completer, type ConsumedAttempt } from './consent-attempts.js';
import { OAuthClient, type Grant } from './oauth-client.js';
import { PlatformDirectory, type PlatformAccess } from './platform-access.js';
import { TokenRevocation } from './token-revocation.js';

/** What the provider sent back with the browser. */
export interface ProviderAnswer {
  readonly state: string;
  readonly code?: string | undefined;
  readonly iss?: string | undefined;
  readonly error?: string | undefined;
}

/** How an attempt ended, and the page to which its browser returns. Without an id it is none that this caller may end. */
export type ConsentEnd = { readonly connectId: string | undefined; readonly returnTo: string } & (
  { readonly jobId: string } | { readonly error: ApiError }
);

/** Connecting a platform by OAuth: from the authorization request to stored tokens and a queued extraction. */
@Injectable()
export class ConsentFlow {
  constructor(
    private readonly directory: PlatformDirectory,
    private readonly attempts: ConsentAttempts,
    private readonly oauth: OAuthClient,
    private readonly database: Database,
    private readonly grants: GrantStorage,
    private readonly revocation: TokenRevocation,
    @InjectConfig() private readonly config: Config,
  ) {}

  /** Begins an attempt. With `redirectUri` a program completes it; without, the browser that gets the secret as a cookie. */
  async begin(
    userId: string,
    platformName: string,
    options: { readonly returnTo?: string | undefined; readonly redirectUri?: string | undefined },
  ) {
    const access = this.directory.get(platformName);
    const platform = access.platform.name;
    if (options.redirectUri !== undefined && !this.config.connectRedirectUris.includes(options.redirectUri)) {
      throw new ApiError(
        400,
        'REDIRECT_URI_NOT_ALLOWED',
        'This redirectUri is not listed in CONNECT_REDIRECT_URIS. It must match exactly.',
      );
    }
    const browserSecret = options.redirectUri === undefined ? randomBytes(32).toString('base64url') : undefined;
    const redirectUri = options.redirectUri ?? `${this.config.publicUrl}/api/connectors/${platform}/callback`;
    const verifier = this.oauth.newVerifier();
    const attempt = await this.attempts.begin({
      userId,
      platform,
      redirectUri,
      returnTo: options.returnTo ?? '/',
      verifier,
      browserSecret,
    });
    const authorizationUrl = await this.oauth.authorizationUrl(access, { redirectUri, state: attempt.state, verifier });
    return {
      connectId: attempt.id,
      authorizationUrl,
      state: attempt.state,
      expiresAt: attempt.expiresAt,
      browserSecret,
    };
  }

  /**
   * Completes an attempt with the provider's answer. The state is used up first, so nothing that follows can happen
   * twice; then the code is exchanged; then tokens, connection and job are stored in one transaction.
   * @returns how the attempt ended, failures included
   * @throws ApiError when the state belongs to no attempt that this caller may complete
   */
  async complete(platformName: string, answer: ProviderAnswer, completer: Completer): Promise<ConsentEnd> {
    const access = this.directory.get(platformName);
    const attempt = await this.attempts.consume(access.platform.name, answer.state, completer);
    const { id: connectId, returnTo } = attempt;
    try {
      const grant = await this.exchange(access, attempt, answer);
      return { connectId, returnTo, jobId: await this.store(access, attempt, grant) };
    } catch (error) {
      const failure =
        error instanceof ApiError
          ? error
          : new ApiError(500, 'CONNECT_FAILED', 'Connecting failed on this server. Start again.', {}, { cause: error });
      await this.attempts.end(attempt.id, failure.code === 'CONNECT_DENIED' ? 'denied' : 'failed', failure);
      if (!(error instanceof ApiError)) throw error;
      return { connectId, returnTo, error: failure };
    }
  }

  /** Stores a grant with its first job; a grant that cannot be stored is revoked. */
  private async store(access: PlatformAccess, attempt: ConsumedAttempt, grant: Grant): Promise<string> {
    try {
      return await this.database.transaction(async (tx) => {
        const jobId = await this.grants.store(tx, attempt.userId, access, grant);
        this.attempts.succeed(tx, attempt.id, jobId);
        return jobId;
      });
    } catch (error) {
      await this.revocation.ofGrant(attempt.userId, access, grant);
      throw error;
    }
  }

  private exchange(access: PlatformAccess, attempt: ConsumedAttempt, answer: ProviderAnswer): Promise<Grant> {
    const { title } = access.platform;
    if (answer.error === 'access_denied') {
      throw new ApiError(400, 'CONNECT_DENIED', `You did not allow access to ${title}, so nothing was connected.`);
    }
    if (answer.error !== undefined) {
      throw new ApiError(502, 'PROVIDER_REFUSED', `${title} answered with an error. Start connecting again.`);
    }
    if (answer.code === undefined) {
      throw new ApiError(400, 'CONNECT_CODE_MISSING', `${title} sent no code. Start connecting again.`);
    }
    const { redirectUri, verifier } = attempt;
    return this.oauth.exchange(
      access,
      { redirectUri, verifier, state: answer.state },
      { code: answer.code, iss: answer.iss },
    );
  }
}
