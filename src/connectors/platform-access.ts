import { Injectable } from '@nestjs/common';
import type { Config } from '../config/config.js';
import type { PlatformSettings } from '../config/platform-settings.js';
import { InjectConfig } from '../config/config.module.js';
import { ApiError } from '../http/api-error.js';
import type { PersonalTokenFacts, Platform } from '../platforms/platform.js';
import { findPlatform, platforms } from '../platforms/registry.js';

/** A platform with the addresses and credentials that this deployment uses for it. */
export interface PlatformAccess {
  readonly platform: Platform;
  /** `sandbox` is the stand-in, which development uses for a platform without credentials. */
  readonly mode: 'real' | 'sandbox';
  readonly clientId: string;
  readonly clientSecret: string | undefined;
  readonly authorizeUrl: string;
  readonly tokenUrl: string;
  /** Undefined where the provider cannot revoke tokens. */
  readonly revokeUrl: string | undefined;
  readonly apiUrl: string;
  readonly scopes: readonly string[];
}

/** The platforms that this deployment offers, and how they are reached. */
@Injectable()
export class PlatformDirectory {
  constructor(@InjectConfig() private readonly config: Config) {}

  /** All platforms; `access` is undefined for one that is not configured. */
  list(): { platform: Platform; access: PlatformAccess | undefined }[] {
    return platforms.map((platform) => ({ platform, access: this.accessTo(platform) }));
  }

  /**
   * @param origin who issued a connection's tokens; leave it out for new connections
   * @throws ApiError 404 `UNKNOWN_PLATFORM`, 503 `PLATFORM_NOT_CONFIGURED`
   */
  get(name: string, origin?: 'real' | 'sandbox'): PlatformAccess {
    const platform = this.factsOf(name);
    const access = this.accessTo(platform, origin);
    if (!access) {
      throw new ApiError(
        503,
        'PLATFORM_NOT_CONFIGURED',
        `${platform.title} is not configured here: set PLATFORM_${environmentName(platform)}_CLIENT_ID and _CLIENT_SECRET.`,
      );
    }
    return access;
  }

  /** The same; undefined for a platform that does not exist, or no longer, or is not configured. */
  find(name: string, origin: 'real' | 'sandbox'): PlatformAccess | undefined {
    const platform = findPlatform(name);
    return platform && this.accessTo(platform, origin);
  }

  /** Access with a person's own token, which needs no OAuth client: to the provider, or to the stand-in for its tokens. */
  forPersonalToken(name: string, token: string): { access: PlatformAccess; facts: PersonalTokenFacts } {
    const { personalToken: facts, title } = this.factsOf(name);
    if (!facts) {
      throw new ApiError(404, 'NO_PERSONAL_TOKENS', `${title} cannot be connected with a token. Use authorize.`);
    }
    return { access: this.get(name, token.startsWith(facts.sandboxPrefix) ? 'sandbox' : 'real'), facts };
  }

  /** The page on which a person can revoke the access at the provider; null for a platform that no longer exists. */
  appsUrlOf(name: string): string | null {
    return findPlatform(name)?.oauth.appsUrl ?? null;
  }

  private factsOf(name: string): Platform {
    const platform = findPlatform(name);
    if (platform) return platform;
    const names = platforms.map((each) => each.name).join(', ');
    throw new ApiError(404, 'UNKNOWN_PLATFORM', `Unknown platform. Known ones are ${names}.`);
  }

  private accessTo(platform: Platform, origin?: 'real' | 'sandbox'): PlatformAccess | undefined {
    const settings = this.config.platforms.get(platform.name) ?? {};
    const mode = origin ?? (settings.clientId === undefined ? 'sandbox' : 'real');
    return mode === 'real' ? this.real(platform, settings) : this.sandbox(platform);
  }

  private real(platform: Platform, settings: PlatformSettings): PlatformAccess {
    return {
      platform,
      mode: 'real',
      clientId: settings.clientId ?? '',
      clientSecret: settings.clientSecret,
      authorizeUrl: settings.authorizeUrl ?? platform.oauth.authorizeUrl,
      tokenUrl: settings.tokenUrl ?? platform.oauth.tokenUrl,
      revokeUrl: settings.revokeUrl ?? platform.oauth.revokeUrl,
      apiUrl: settings.apiUrl ?? platform.apiUrl,
      scopes: settings.scopes ?? platform.oauth.scopes,
    };
  }

  private sandbox(platform: Platform): PlatformAccess | undefined {
    if (!this.config.sandbox.enabled) return undefined;
    const standIn = `http://127.0.0.1:${this.config.sandbox.port}/${platform.name}`;
    return {
      platform,
      mode: 'sandbox',
      clientId: 'sandbox',
      clientSecret: 'sandbox-secret',
      authorizeUrl: `${standIn}/oauth/authorize`,
      tokenUrl: `${standIn}/oauth/token`,
      revokeUrl: platform.oauth.revokeUrl && standIn + standInPath(platform),
      apiUrl: standIn,
      scopes: platform.oauth.scopes,
    };
  }
}

/** The stand-in's path for revoking tokens: the provider's own for GitHub, otherwise beside its other OAuth paths. */
function standInPath({ oauth: { revokeUrl = '', revokeBy } }: Platform): string {
  return revokeBy === 'github' ? revokeUrl.replace(/^https:\/\/[^/]+/, '') : '/oauth/revoke';
}

function environmentName(platform: Platform): string {
  return platform.name.toUpperCase().replaceAll('-', '_');
}
