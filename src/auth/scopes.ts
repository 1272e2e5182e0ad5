import { ApiError } from '../http/api-error.js';

interface ScopeFacts {
  /** What a program with it may do, for the person who grants it. */
  readonly words: string;
  /** Who may grant it to a program. */
  readonly grantedBy: 'everybody' | 'administrators' | 'nobody';
}

/** Everything that programs can be allowed, one by one. Routes, sockets and tools for assistants each name what they ask for. */
export const SCOPES = {
  'signature:read': {
    words: 'Read your signature: its estimates and facts, and on how much they rest',
    grantedBy: 'everybody',
  },
  'evidence:read': {
    words: 'See the items behind a claim, such as the plays that it was drawn from',
    grantedBy: 'everybody',
  },
  'items:read': { words: 'Read all that was read of you, item by item', grantedBy: 'everybody' },
  'events:read': {
    words: 'Watch what happens here: what is being read, what is connected, new versions',
    grantedBy: 'everybody',
  },
  'extraction:run': {
    words: 'Have your platforms read and your signature built again, and follow or end that',
    grantedBy: 'everybody',
  },
  'connections:read': { words: 'See which platforms are connected', grantedBy: 'everybody' },
  'connections:write': {
    words: 'Connect and disconnect platforms, with the data they gave, and say when they are read',
    grantedBy: 'everybody',
  },
  'imports:read': { words: 'See which archives you brought, and what they gave', grantedBy: 'everybody' },
  'imports:write': { words: 'Bring archives, and delete them with what they gave', grantedBy: 'everybody' },
  // Until there are routes for it, it would open nothing.
  webhooks: { words: 'Have your events sent to an address of its own', grantedBy: 'nobody' },
  account: {
    words: 'Settings, sign-ins and tokens, the export and the deletion of everything',
    grantedBy: 'nobody',
  },
  'admin:read': { words: 'See what operators see: queues, jobs of everybody, keys', grantedBy: 'administrators' },
  admin: { words: 'Do what operators do: pause queues, repeat jobs, invite people', grantedBy: 'administrators' },
} as const satisfies Readonly<Record<string, ScopeFacts>>;

export type Scope = keyof typeof SCOPES;

/** Those that can be granted to a program. */
export const GRANTABLE = (Object.keys(SCOPES) as Scope[]).filter((scope) => SCOPES[scope].grantedBy !== 'nobody');

/** A program that comes in with a token which a person made for it. */
export interface Program {
  /** Of the token. */
  readonly id: string;
  /** As the person calls it. */
  readonly name: string;
  /** What it may do now. */
  readonly scopes: ReadonlySet<Scope>;
}

/** Who asks, with a program between where there is one. */
interface Asking {
  readonly program?: Program;
}

export function isForAdministrators(scope: Scope): boolean {
  return SCOPES[scope].grantedBy === 'administrators';
}

/** Whether somebody may do what the scope stands for. Who comes in without a program may do all that is theirs. */
export function mayUse({ program }: Asking, scope: Scope): boolean {
  return program === undefined || program.scopes.has(scope);
}

/** @throws ApiError 403 `SCOPE_MISSING`, with the scope */
export function requireScope(asking: Asking, scope: Scope): void {
  if (!mayUse(asking, scope)) throw scopeMissing(scope);
}

/** It names the scope, and who can grant it. */
export function scopeMissing(scope: Scope): ApiError {
  const wayOut = {
    everybody: 'Its owner can make another token that has it.',
    administrators: 'Only an administrator can make a token that has it.',
    nobody: 'No program can be given it: sign in yourself.',
  }[SCOPES[scope].grantedBy];
  return new ApiError(403, 'SCOPE_MISSING', `The token does not have the scope ${scope}. ${wayOut}`, {
    details: { scope },
  });
}
