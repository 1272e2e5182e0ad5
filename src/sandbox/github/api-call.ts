import type { Request } from 'express';
import type { BearerTokens } from '../access-check.js';
import { ApiError } from '../api-error.js';
import type { AccessTicket } from '../oauth-tickets.js';
import { requestAddress } from '../request-address.js';
import { Account, type Repository } from './account.js';
import { Answers } from './answers.js';
import { PERSONAS } from './personas.js';

/** All accounts; each is generated on first use. */
export class Accounts {
  private readonly all = PERSONAS.map((persona) => new Account(persona));

  ofPersona(id: string): Account | undefined {
    return this.all.find(({ persona }) => persona.id === id);
  }

  ofLogin(login: string): Account | undefined {
    return this.all.find(({ user }) => user.login === login.toLowerCase());
  }
}

/** One request of the API: the caller, the request, and the account at this moment. */
export class ApiCall {
  readonly address: URL;
  /** Base of the API as the client reached it. */
  readonly base: string;
  readonly accept: string;
  readonly access: AccessTicket;
  readonly account: Account;
  readonly answers: Answers;

  constructor(
    readonly request: Request,
    tokens: BearerTokens,
    readonly accounts: Accounts,
    readonly now: number,
  ) {
    if (request.get('user-agent') === undefined) {
      throw new ApiError(
        403,
        'Request forbidden by administrative rules. Please make sure your request has a User-Agent header.',
      );
    }
    const access = tokens.access(request);
    if (access === 'missing') throw new ApiError(401, 'Requires authentication');
    const account = typeof access === 'string' ? undefined : accounts.ofPersona(access.persona);
    if (typeof access === 'string' || account === undefined) throw new ApiError(401, 'Bad credentials');
    const version = request.get('x-github-api-version');
    if (version !== undefined && !/^\d{4}-\d{2}-\d{2}$/.test(version)) {
      throw new ApiError(400, `${version} is not a supported version.`);
    }
    this.access = access;
    this.account = account;
    this.accept = request.get('accept') ?? '';
    this.address = requestAddress(request);
    this.base = `${this.address.origin}${request.baseUrl}`;
    this.answers = new Answers(this.base, account, now);
  }

  /** Whether the token has one of the scopes. */
  may(...scopes: readonly string[]): boolean {
    return scopes.some((scope) => this.access.scopes.includes(scope));
  }

  parameter(name: string): string {
    return String(this.request.params[name]);
  }

  /** The persona's repositories that the token may see. */
  repositories(): readonly Repository[] {
    return this.account.repositories(this.now).filter(({ project }) => !project.private || this.may('repo'));
  }
}
