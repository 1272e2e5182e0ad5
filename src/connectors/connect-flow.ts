import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Config } from '../config/config.js';
import { InjectConfig } from '../config/config.module.js';
import { Database } from '../database/database.js';
import { ApiError } from '../http/api-error.js';
import { ConnectionStore } from './connection-store.js';
import { Connects, type ConsumedConnect, type Ender } from './connects.js';
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

/** How a connect ended, and where its browser wants to be. */
export type ConnectEnd = { readonly returnTo: string } & ({ readonly jobId: string } | { readonly error: ApiError });

/** Connecting a platform: from the authorization request to stored tokens and a queued extraction. */
@Injectable()
export class ConnectFlow {
  constructor(
    private readonly directory: PlatformDirectory,
    private readonly connects: Connects,
    private readonly oauth: OAuthClient,
    private readonly database: Database,
    private readonly store: ConnectionStore,
    private readonly revocation: TokenRevocation,
    @InjectConfig() private readonly config: Config,
  ) {}

  /** Begins a connect. With `redirectUri` a program ends it; without, the browser that gets the secret as a cookie. */
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
        'That redirectUri is not in CONNECT_REDIRECT_URIS; it must match exactly.',
      );
    }
    const browserSecret = options.redirectUri === undefined ? randomBytes(32).toString('base64url') : undefined;
    const redirectUri = options.redirectUri ?? `${this.config.publicUrl}/api/connectors/${platform}/callback`;
    const verifier = this.oauth.newVerifier();
    const connect = await this.connects.begin({
      userId,
      platform,
      redirectUri,
      returnTo: options.returnTo ?? '/',
      verifier,
      browserSecret,
    });
    const authorizationUrl = await this.oauth.authorizationUrl(access, { redirectUri, state: connect.state, verifier });
    return {
      connectId: connect.id,
      authorizationUrl,
      state: connect.state,
      expiresAt: connect.expiresAt,
      browserSecret,
    };
  }

  /**
   * Ends a connect with what the provider answered. The state is used up first, so nothing that follows can happen
   * twice; then the code is exchanged; then tokens, connection and job are stored in one transaction.
   * @throws ApiError when the state is no good; how a good one ended is returned
   */
  async complete(platformName: string, answer: ProviderAnswer, ender: Ender): Promise<ConnectEnd> {
    const access = this.directory.get(platformName);
    const connect = await this.connects.consume(access.platform.name, answer.state, ender);
    const { returnTo } = connect;
    try {
      const grant = await this.exchange(access, connect, answer);
      return { returnTo, jobId: await this.keep(access, connect, grant) };
    } catch (error) {
      const failure =
        error instanceof ApiError
          ? error
          : new ApiError(500, 'CONNECT_FAILED', 'Connecting failed on our side; start anew.', {}, { cause: error });
      await this.connects.end(connect.id, failure.code === 'CONNECT_DENIED' ? 'denied' : 'failed', failure);
      if (!(error instanceof ApiError)) throw error;
      return { returnTo, error: failure };
    }
  }

  /** Stores a grant with its first job; one that cannot be stored is given back. */
  private async keep(access: PlatformAccess, connect: ConsumedConnect, grant: Grant): Promise<string> {
    try {
      return await this.database.transaction((tx) =>
        this.store.connect(tx, connect.userId, access, grant, (id) => this.connects.succeed(tx, connect.id, id)),
      );
    } catch (error) {
      await this.revocation.ofGrant(connect.userId, access, grant);
      throw error;
    }
  }

  private exchange(access: PlatformAccess, connect: ConsumedConnect, answer: ProviderAnswer): Promise<Grant> {
    const { title } = access.platform;
    if (answer.error === 'access_denied')
      throw new ApiError(400, 'CONNECT_DENIED', `You did not allow access to ${title}; nothing was connected.`);
    if (answer.error !== undefined)
      throw new ApiError(502, 'PROVIDER_REFUSED', `${title} ended the connect with an error; start anew.`);
    if (answer.code === undefined)
      throw new ApiError(400, 'CONNECT_CODE_MISSING', `${title} sent no code; start connecting anew.`);
    const { redirectUri, verifier } = connect;
    return this.oauth.exchange(
      access,
      { redirectUri, verifier, state: answer.state },
      { code: answer.code, iss: answer.iss },
    );
  }
}
