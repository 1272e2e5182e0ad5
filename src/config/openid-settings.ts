import { z } from 'zod';
import { hostName, httpUrl, list } from './environment-values.js';

/** A claim of the provider that has a value, or has it among its values. */
export interface ClaimCondition {
  readonly claim: string;
  readonly value: string;
}

/** The OpenID provider with which people sign in, and what is made of what it tells of them. */
export interface OpenIdSettings {
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string;
  /** As people know the provider. */
  readonly title: string;
  readonly scopes: readonly string[];
  /** Who is an operator; undefined for nobody. */
  readonly adminClaim: ClaimCondition | undefined;
  /** Who may come in for the first time whatever `SIGN_UP` says: by the domain of a verified e-mail address, or by a claim. */
  readonly allowed: readonly (ClaimCondition | { readonly domain: string })[];
}

const CONDITION_FORM = 'must read claim=value, e.g. groups=soul-admins';

const claimCondition = z.string().transform((text, context): ClaimCondition => {
  const [, claim, value] = /^\s*([^=\s]+)\s*=\s*(\S.*?)\s*$/.exec(text) ?? [];
  if (claim !== undefined && value !== undefined) return { claim, value };
  context.addIssue({ code: 'custom', message: CONDITION_FORM });
  return z.NEVER;
});

const allowedPeople = z.string().transform((text, context) => {
  if (text.includes('=')) {
    const condition = claimCondition.safeParse(text);
    if (condition.success) return condition.data;
  } else {
    const domain = hostName.safeParse(text);
    if (domain.success) return { domain: domain.data };
  }
  context.addIssue({
    code: 'custom',
    message: 'must list domains of e-mail addresses or claims, e.g. example.org,groups=soul-users',
  });
  return z.NEVER;
});

/** The variables of the provider, for the schema of the environment. */
export const openIdVariables = {
  OIDC_ISSUER: httpUrl
    .refine((text) => !/[?#]/.test(text), 'must be the issuer as the provider names it, without query and fragment')
    .optional(),
  OIDC_CLIENT_ID: z.string().optional(),
  OIDC_CLIENT_SECRET: z.string().optional(),
  OIDC_TITLE: z
    .string()
    .trim()
    .max(60, 'must have at most 60 characters')
    .regex(/^\P{Cc}*$/u, 'must be a line of text')
    .optional(),
  OIDC_SCOPES: z
    .string()
    .transform((text) => text.split(/[\s,]+/).filter((scope) => scope !== ''))
    .refine((scopes) => scopes.includes('openid'), 'must have openid among them')
    .optional(),
  OIDC_ADMIN_CLAIM: claimCondition.optional(),
  OIDC_ALLOWED: list(allowedPeople).default([]),
};

type Variables = z.output<z.ZodObject<typeof openIdVariables>>;

/**
 * Rules over several of the variables.
 * @param mayAsk whether the provider's address is one from which what it says can be believed
 */
export function openIdMistakes(env: Variables, mayAsk: (issuer: URL) => boolean): string[] {
  const mistakes: string[] = [];
  if (env.OIDC_ISSUER === undefined) {
    const others = Object.keys(openIdVariables).filter((name) => isSet(env[name as keyof Variables]));
    return others.length === 0 ? [] : [`OIDC_ISSUER: is missing beside ${others.join(', ')}`];
  }
  if (!mayAsk(new URL(env.OIDC_ISSUER))) {
    mistakes.push(
      'OIDC_ISSUER: must be https, or whoever is on the way could sign in as anybody; outside of production this machine may use http',
    );
  }
  for (const name of ['OIDC_CLIENT_ID', 'OIDC_CLIENT_SECRET'] as const) {
    if (env[name] === undefined) mistakes.push(`${name}: is missing beside OIDC_ISSUER`);
  }
  const byDomain = env.OIDC_ALLOWED.some((each) => 'domain' in each);
  if (byDomain && env.OIDC_SCOPES?.includes('email') === false) {
    mistakes.push('OIDC_SCOPES: must have email among them, or OIDC_ALLOWED can compare no domain');
  }
  return mistakes;
}

function isSet(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : value !== undefined;
}

/** Undefined where there is no provider. */
export function openIdSettings(env: Variables): OpenIdSettings | undefined {
  const { OIDC_ISSUER: issuer, OIDC_CLIENT_ID: clientId, OIDC_CLIENT_SECRET: clientSecret } = env;
  if (issuer === undefined || clientId === undefined || clientSecret === undefined) return undefined;
  const byDomain = env.OIDC_ALLOWED.some((each) => 'domain' in each);
  return {
    issuer,
    clientId,
    clientSecret,
    title: env.OIDC_TITLE ?? new URL(issuer).hostname,
    scopes: env.OIDC_SCOPES ?? ['openid', 'profile', ...(byDomain ? ['email'] : [])],
    adminClaim: env.OIDC_ADMIN_CLAIM,
    allowed: env.OIDC_ALLOWED,
  };
}
