import { Injectable, Logger } from '@nestjs/common';
import { Database } from '../database/database.js';
import type { HeldGrant } from './connection-rows.js';
import { OAuthClient } from './oauth-client.js';
import { PlatformDirectory, type PlatformAccess } from './platform-access.js';
import { sendSecret } from './token-request.js';
import { TokenVault } from './token-vault.js';

/** Revokes tokens at their providers, so that deleted tokens no longer work. */
@Injectable()
export class TokenRevocation {
  private readonly logger = new Logger('Connectors');

  constructor(
    private readonly database: Database,
    private readonly directory: PlatformDirectory,
    private readonly oauth: OAuthClient,
    private readonly vault: TokenVault,
  ) {}

  /**
   * Revokes the tokens of a connection after they were deleted here.
   * @returns whether the provider has revoked them
   */
  async ofConnection({ userId, platform, origin, accessToken, refreshToken }: HeldGrant): Promise<boolean> {
    try {
      const open = (sealed: string | null, field: 'access_token' | 'refresh_token') =>
        sealed === null ? undefined : this.vault.open(sealed, { userId, platform, field });
      return await this.ofGrant(userId, this.directory.get(platform, origin), {
        accessToken: open(accessToken, 'access_token'),
        refreshToken: open(refreshToken, 'refresh_token'),
      });
    } catch (error) {
      this.note(platform, error);
      return false;
    }
  }

  /** The same for tokens that were never stored: they came too late, or could not be saved. */
  async ofGrant(
    userId: string,
    access: PlatformAccess,
    {
      accessToken,
      refreshToken,
    }: { readonly accessToken?: string | undefined; readonly refreshToken?: string | undefined },
  ): Promise<boolean> {
    if (access.revokeUrl === undefined || access.clientId === '') return false;
    if (accessToken === undefined && refreshToken === undefined) return false;
    try {
      if (await this.wouldEndAnother(userId, access)) return false;
      // Revoking the refresh token should end the whole grant (RFC 7009 section 2.1), but not every provider does that.
      if (refreshToken !== undefined) await this.revoke(access, refreshToken, 'refresh_token');
      if (accessToken !== undefined) await this.revoke(access, accessToken, 'access_token');
      return true;
    } catch (error) {
      this.note(access.platform.name, error);
      return false;
    }
  }

  /**
   * Whether another connection of this person would end too: a grant belongs to a person and a client, and one client can
   * serve several platforms (as Google's do).
   */
  private async wouldEndAnother(userId: string, { clientId, tokenUrl }: PlatformAccess): Promise<boolean> {
    const living = await this.database.query<Pick<HeldGrant, 'platform' | 'origin'>>(
      `SELECT platform, origin FROM connections WHERE user_id = $1 AND status = 'connected'`,
      [userId],
    );
    return living.some((connection) => {
      // A platform that is no longer offered has no client that could be the same.
      const other = this.directory.find(connection.platform, connection.origin);
      return other?.clientId === clientId && other.tokenUrl === tokenUrl;
    });
  }

  private revoke(access: PlatformAccess, token: string, hint: 'access_token' | 'refresh_token'): Promise<void> {
    return access.platform.oauth.revokeBy === 'github'
      ? deleteAtGithub(access, token)
      : this.oauth.revoke(access, token, hint);
  }

  private note(platform: string, error: unknown): void {
    this.logger.warn(
      `Tokens of ${platform} were not revoked: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

/** GitHub's own request (docs.github.com/rest/apps/oauth-applications#delete-an-app-token). */
async function deleteAtGithub(access: PlatformAccess, token: string): Promise<void> {
  const { clientId, clientSecret = '', revokeUrl = '', platform } = access;
  const { status } = await sendSecret(
    new URL(revokeUrl.replace('{client_id}', encodeURIComponent(clientId))),
    {
      ...platform.headers,
      'user-agent': 'soul-signature',
      'content-type': 'application/json',
      authorization: `Basic ${Buffer.from(`${clientId}:${clientSecret}`).toString('base64')}`,
    },
    { method: 'DELETE', body: JSON.stringify({ access_token: token }) },
  );
  // 404 and 422: the token is not, or no longer, one of this client.
  if (status !== 204 && status !== 404 && status !== 422) throw new Error(`GitHub answered ${status}`);
}
