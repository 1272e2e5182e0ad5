import { Injectable } from '@nestjs/common';
import type { Config } from '../config/config.js';
import { InjectConfig } from '../config/config.module.js';
import { ApiError } from '../http/api-error.js';
import type { Platform } from '../platforms/platform.js';
import { findPlatform, platforms } from '../platforms/registry.js';

/** A platform together with the addresses and credentials this deployment uses for it. */
export interface PlatformAccess {
  readonly platform: Platform;
  /** The stand-in is used where a deployment in development has no credentials. */
  readonly mode: 'real' | 'sandbox';
  readonly clientId: string;
  readonly clientSecret: string | undefined;
  readonly authorizeUrl: string;
  readonly tokenUrl: string;
  readonly apiUrl: string;
  readonly scopes: readonly string[];
}

/** Which platforms this deployment offers, and how they are reached. */
@Injectable()
export class PlatformDirectory {
  constructor(@InjectConfig() private readonly config: Config) {}

  /** Every platform there is, with how it is reached or undefined where it cannot be. */
  list(): { platform: Platform; access: PlatformAccess | undefined }[] {
    return platforms.map((platform) => ({ platform, access: this.accessTo(platform) }));
  }

  /** @throws ApiError 404 `UNKNOWN_PLATFORM`, 503 `PLATFORM_NOT_CONFIGURED` */
  get(name: string): PlatformAccess {
    const platform = findPlatform(name);
    if (!platform) {
      throw new ApiError(
        404,
        'UNKNOWN_PLATFORM',
        `There is no platform of that name; there are ${platforms.map((each) => each.name).join(', ')}.`,
      );
    }
    const access = this.accessTo(platform);
    if (!access) {
      throw new ApiError(
        503,
        'PLATFORM_NOT_CONFIGURED',
        `${platform.title} is not configured here: set PLATFORM_${environmentName(platform)}_CLIENT_ID and _CLIENT_SECRET.`,
      );
    }
    return access;
  }

  private accessTo(platform: Platform): PlatformAccess | undefined {
    const settings = this.config.platforms.get(platform.name) ?? {};
    const real = settings.clientId !== undefined;
    if (!real && !this.config.sandbox.enabled) return undefined;
    const standIn = `http://127.0.0.1:${this.config.sandbox.port}/${platform.name}`;
    const { oauth } = platform;
    return {
      platform,
      mode: real ? 'real' : 'sandbox',
      clientId: settings.clientId ?? 'sandbox',
      clientSecret: real ? settings.clientSecret : 'sandbox-secret',
      authorizeUrl: settings.authorizeUrl ?? (real ? oauth.authorizeUrl : `${standIn}/oauth/authorize`),
      tokenUrl: settings.tokenUrl ?? (real ? oauth.tokenUrl : `${standIn}/oauth/token`),
      apiUrl: settings.apiUrl ?? (real ? platform.apiUrl : standIn),
      scopes: settings.scopes ?? oauth.scopes,
    };
  }
}

function environmentName(platform: Platform): string {
  return platform.name.toUpperCase().replaceAll('-', '_');
}
