import { BOUNDS_FORM, BUDGET_FORM, httpUrl, isLoopbackHost, listBounds, requestBudget } from './environment-values.js';

/** The settings of one platform, from the variables `PLATFORM_<NAME>_<SETTING>`. */
export interface PlatformSettings {
  readonly clientId?: string;
  readonly clientSecret?: string;
  readonly authorizeUrl?: string;
  readonly tokenUrl?: string;
  readonly revokeUrl?: string;
  readonly apiUrl?: string;
  readonly scopes?: readonly string[];
  /** How many entries of each list are read, by the kind of its items. */
  readonly bounds?: Readonly<Record<string, number>>;
  /** Requests of the whole app; null for no limit. */
  readonly budget?: { readonly requests: number; readonly perMs: number } | null;
  /** `facts`: nothing is estimated from this platform's data, for owners who forbid it. */
  readonly estimates?: 'on' | 'facts';
}

const SETTING = {
  CLIENT_ID: 'clientId',
  CLIENT_SECRET: 'clientSecret',
  AUTHORIZE_URL: 'authorizeUrl',
  TOKEN_URL: 'tokenUrl',
  REVOKE_URL: 'revokeUrl',
  API_URL: 'apiUrl',
  SCOPES: 'scopes',
  BUDGET: 'budget',
  ESTIMATES: 'estimates',
  BOUNDS: 'bounds',
} as const;

/** The ends of the names of a platform's variables. */
export const PLATFORM_SETTINGS: readonly string[] = Object.keys(SETTING);

const VARIABLE = new RegExp(`^PLATFORM_([A-Z0-9_]+?)_(${PLATFORM_SETTINGS.join('|')})$`);

/**
 * Collects the platform variables by platform name (lower case, dashes). Names are not checked against the registry:
 * the configuration must not depend on platforms.
 */
export function readPlatformSettings(
  environment: Readonly<Record<string, string | undefined>>,
  { allowPlainHttp }: { readonly allowPlainHttp: boolean },
): { settings: ReadonlyMap<string, PlatformSettings>; mistakes: string[] } {
  const settings = new Map<string, PlatformSettings>();
  const mistakes: string[] = [];
  for (const [variable, value] of Object.entries(environment)) {
    const [, name, suffix] = VARIABLE.exec(variable) ?? [];
    if (name === undefined || suffix === undefined || value === undefined) continue;
    const setting = SETTING[suffix as keyof typeof SETTING]; // The pattern matches these names only.
    if (setting.endsWith('Url')) {
      if (!httpUrl.safeParse(value).success) {
        mistakes.push(`${variable}: must be an http(s) address`);
        continue;
      }
      const url = new URL(value);
      if (url.protocol === 'http:' && !allowPlainHttp && !isLoopbackHost(url.hostname)) {
        mistakes.push(`${variable}: plain http is allowed only to this machine, or in development`);
      }
    }
    const platform = name.toLowerCase().replaceAll('_', '-');
    if (setting === 'budget') {
      const budget = requestBudget.safeParse(value);
      if (!budget.success) mistakes.push(`${variable}: ${BUDGET_FORM}`);
      else settings.set(platform, { ...settings.get(platform), budget: budget.data });
      continue;
    }
    if (setting === 'estimates') {
      if (value !== 'on' && value !== 'facts') mistakes.push(`${variable}: must be on or facts`);
      else settings.set(platform, { ...settings.get(platform), estimates: value });
      continue;
    }
    if (setting === 'bounds') {
      const bounds = listBounds.safeParse(value);
      if (!bounds.success) mistakes.push(`${variable}: ${BOUNDS_FORM}`);
      else settings.set(platform, { ...settings.get(platform), bounds: bounds.data });
      continue;
    }
    const parsed =
      setting === 'scopes' ? value.split(/[\s,]+/).filter((scope) => scope !== '') : value.replace(/\/+$/, '');
    settings.set(platform, { ...settings.get(platform), [setting]: parsed });
  }
  for (const [platform, { clientId, clientSecret }] of settings) {
    if (clientSecret !== undefined && clientId === undefined) {
      mistakes.push(`PLATFORM_${platform.toUpperCase().replaceAll('-', '_')}_CLIENT_ID: is missing beside its secret`);
    }
  }
  return { settings, mistakes };
}
