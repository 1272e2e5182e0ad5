import { applyDecorators, SetMetadata } from '@nestjs/common';
import { ApiExtension } from '@nestjs/swagger';
import type { Scope } from './scopes.js';

export const SCOPED = 'scoped';

/** What a route asks of programs. One that asks for nothing does not let them in. */
export interface ScopeDemand {
  /** Each is enough to come in. */
  readonly anyOf: readonly Scope[];
  /** The route itself asks for the scope of what is wanted, and notes what was read. */
  readonly inside?: boolean;
}

/** Opens a route to programs that have the scope. */
export const Scoped = (scope: Scope) => demanding({ anyOf: [scope] });

/** Opens a route to programs that have any of these scopes. What they may do there, and that they did it, is its own matter. */
export const ScopedInside = (...anyOf: readonly Scope[]) => demanding({ anyOf, inside: true });

/** The OpenAPI document shows it too. */
function demanding(demand: ScopeDemand) {
  return applyDecorators(SetMetadata(SCOPED, demand), ApiExtension('x-scopes', [...demand.anyOf]));
}
