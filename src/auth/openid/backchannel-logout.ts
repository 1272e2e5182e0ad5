import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { Database } from '../../database/database.js';
import { ApiError } from '../../http/api-error.js';
import { Identities } from './identities.js';
import { providerName } from './person-claims.js';
import { OpenIdProvider } from './provider.js';

const EVENT = 'http://schemas.openid.net/event/backchannel-logout';

/** OpenID Connect Back-Channel Logout 1.0, section 2.4: it names a person, a sign-in, or both, and is no ID token. */
const logoutToken = z
  .object({
    iss: z.string(),
    sub: providerName(255).optional(),
    sid: providerName(500).optional(),
    events: z.looseObject({ [EVENT]: z.looseObject({}) }),
    nonce: z.never().optional(),
  })
  .refine(({ sub, sid }) => sub !== undefined || sid !== undefined);

/** Ends sessions when the provider says that its own have ended. Sessions that began in another way go on. */
@Injectable()
export class BackchannelLogout {
  constructor(
    private readonly provider: OpenIdProvider,
    private readonly identities: Identities,
    private readonly database: Database,
  ) {}

  /** @throws ApiError 400 `LOGOUT_TOKEN_INVALID`, 503 `OIDC_PROVIDER_DOWN` */
  async end(token: string): Promise<void> {
    const { iss: issuer, sub: subject, sid: providerSession } = await this.read(token);
    await this.database.transaction(async (tx) => {
      if (subject === undefined) {
        await this.identities.endProviderSession(tx, issuer, providerSession ?? '');
        return;
      }
      const identity = await this.identities.find(tx, { issuer, subject });
      if (identity) await this.identities.endSessions(tx, identity.id, { providerSession });
    });
  }

  private async read(token: string): Promise<z.output<typeof logoutToken>> {
    try {
      return logoutToken.parse(await this.provider.verifyLogoutToken(token));
    } catch (error) {
      if (error instanceof ApiError && error.code === 'OIDC_PROVIDER_DOWN') throw error;
      throw new ApiError(400, 'LOGOUT_TOKEN_INVALID', 'This is no logout token of the provider for this server.');
    }
  }
}
