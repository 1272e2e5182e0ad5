import type { Config } from '../../config/config.js';

/** What we know that providers forbid; the whole of it stands in docs/provider-policies.md. */
const FORBIDDEN: Readonly<Record<string, string>> = {
  spotify: 'Spotify’s developer policy forbids analysing its content and building profiles of users',
  youtube: 'YouTube’s terms forbid metrics mixed from several sources and data older than 30 days',
};

/** For production: platforms whose owner forbids estimates and whose switch nobody has set either way. */
export function policyWarnings({ production, platforms }: Pick<Config, 'production' | 'platforms'>): string[] {
  if (!production) return [];
  return [...platforms].flatMap(([platform, { clientId, estimates }]) => {
    const rule = FORBIDDEN[platform];
    if (clientId === undefined || estimates !== undefined || rule === undefined) return [];
    const variable = `PLATFORM_${platform.toUpperCase().replaceAll('-', '_')}_ESTIMATES`;
    return [`[Signature] ${rule}. Decide with ${variable}=facts or =on (docs/provider-policies.md).`];
  });
}
