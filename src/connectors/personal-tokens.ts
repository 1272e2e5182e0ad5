import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import { ApiError } from '../http/api-error.js';
import type { PersonalTokenFacts } from '../platforms/platform.js';
import { PlatformError } from '../platforms/platform-error.js';
import { problemOf } from '../platforms/refusal-reasons.js';
import { GrantStorage } from './grant-storage.js';
import { PlatformClients } from './platform-clients.js';
import { PlatformDirectory, type PlatformAccess } from './platform-access.js';

/** How long the check of a token may take, because a request waits for it. */
const CHECK_MS = 15_000;

/** Connects with a token that a person has created at the provider: real data without an OAuth app. */
@Injectable()
export class PersonalTokens {
  constructor(
    private readonly directory: PlatformDirectory,
    private readonly clients: PlatformClients,
    private readonly grants: GrantStorage,
    private readonly database: Database,
  ) {}

  /**
   * Checks a token with the provider, refuses one that can change anything, and connects.
   * @returns the id of the extraction job
   * @throws ApiError `PERSONAL_TOKEN_REFUSED`, `PERSONAL_TOKEN_TOO_POWERFUL`, `PROVIDER_UNAVAILABLE`
   */
  async connect(userId: string, platformName: string, token: string): Promise<string> {
    const { access, facts } = this.directory.forPersonalToken(platformName, token);
    const scopes = await this.check(userId, access, facts, token);
    const grant = { accessToken: token, refreshToken: undefined, expiresInSeconds: undefined, scopes };
    return this.database.transaction((tx) => this.grants.store(tx, userId, access, grant));
  }

  private async check(
    userId: string,
    access: PlatformAccess,
    facts: PersonalTokenFacts,
    token: string,
  ): Promise<readonly string[]> {
    const { title } = access.platform;
    const tokenOnce = (rejected?: string) =>
      rejected === undefined ? Promise.resolve(token) : Promise.reject(refused(title));
    try {
      const { scopes, writes } = await facts.check(
        this.clients.create(access, userId, tokenOnce, AbortSignal.timeout(CHECK_MS)),
      );
      if (writes.length > 0) {
        throw new ApiError(
          400,
          'PERSONAL_TOKEN_TOO_POWERFUL',
          `This token can also change things (${writes.join(', ')}). Create one that can only read.`,
        );
      }
      return scopes;
    } catch (error) {
      if (error instanceof ApiError) throw error;
      if (error instanceof PlatformError && error.code === 'PLATFORM_FORBIDDEN') {
        const problem = problemOf(error, title);
        throw new ApiError(400, 'PERSONAL_TOKEN_REFUSED', problem.message, { details: { problem } });
      }
      throw new ApiError(
        502,
        'PROVIDER_UNAVAILABLE',
        `${title} could not check the token at the moment. Try again shortly.`,
        {},
        { cause: error },
      );
    }
  }
}

function refused(title: string): ApiError {
  return new ApiError(
    400,
    'PERSONAL_TOKEN_REFUSED',
    `${title} does not accept this token: it is wrong, expired or revoked.`,
  );
}
