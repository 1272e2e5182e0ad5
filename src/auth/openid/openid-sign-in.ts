import { Injectable } from '@nestjs/common';
import type { Config } from '../../config/config.js';
import { InjectConfig } from '../../config/config.module.js';
import { Database, type Transaction } from '../../database/database.js';
import { ApiError } from '../../http/api-error.js';
import { Accounts } from '../accounts/accounts.js';
import { invitationInvalid, Invitations } from '../accounts/invitations.js';
import { RECENT_MS, Sessions } from '../sessions/sessions.js';
import { Users } from '../users.js';
import type { FlowCookie } from './flow-cookies.js';
import { OpenIdFlows, type NewFlow, type UsedFlow } from './flows.js';
import { Identities, type KnownIdentity } from './identities.js';
import { displayNameOf, holds, isAllowed, userIdOf, type ProvenPerson } from './person-claims.js';
import { OpenIdProvider } from './provider.js';

/** A flow that has begun: `state` and `cookie` are for the browser that began it. */
export interface BegunFlow {
  readonly authorizationUrl: string;
  readonly state: string;
  readonly cookie: FlowCookie;
}

/** How a flow ended. */
export interface FlowEnd {
  readonly returnTo: string;
  /** Of the new session, where one has begun. */
  readonly secret?: string;
  readonly error?: ApiError;
}

/** Signing in with the OpenID provider, from the request to the session. */
@Injectable()
export class OpenIdSignIn {
  constructor(
    private readonly provider: OpenIdProvider,
    private readonly flows: OpenIdFlows,
    private readonly identities: Identities,
    private readonly accounts: Accounts,
    private readonly invitations: Invitations,
    private readonly users: Users,
    private readonly sessions: Sessions,
    private readonly database: Database,
    @InjectConfig() private readonly config: Config,
  ) {}

  /** @throws ApiError as `OpenIdProvider.authorizationUrl` */
  async begin(flow: NewFlow, invitation?: string): Promise<BegunFlow> {
    await this.provider.reach();
    const { secrets, browserSecret } = await this.flows.begin(flow);
    const authorizationUrl = await this.provider.authorizationUrl(secrets, flow.purpose);
    return { authorizationUrl, state: secrets.state, cookie: { secret: browserSecret, invitation } };
  }

  /**
   * Ends a flow with the provider's answer. The state is used up first, so nothing that follows can happen twice.
   * @param answer the parameters of the callback
   * @param cookie what the browser has of the flow
   * @returns how it ended, refusals included
   * @throws ApiError when the flow is none that this browser may end
   */
  async complete(answer: URLSearchParams, cookie: FlowCookie | undefined): Promise<FlowEnd> {
    const { secrets, ...flow } = await this.flows.use(answer.get('state') ?? '', cookie?.secret);
    const { returnTo } = flow;
    try {
      const person = await this.provider.identify(answer, secrets);
      const secret = await this.database.transaction((tx) =>
        flow.purpose === 'link' ? this.link(tx, flow, person) : this.enter(tx, flow, person, cookie?.invitation),
      );
      return { returnTo, ...(secret !== undefined && { secret }) };
    } catch (error) {
      if (error instanceof ApiError) return { returnTo, error };
      throw error;
    }
  }

  /** @returns the secret of the session */
  private async enter(
    tx: Transaction,
    flow: UsedFlow,
    person: ProvenPerson,
    invitation: string | undefined,
  ): Promise<string> {
    const known = await this.identities.find(tx, person);
    if (flow.purpose === 'again') await this.requireSamePerson(tx, flow, person, known);
    const identity = known ?? (await this.join(tx, person, invitation));
    const admin = await this.isOperator(tx, identity, person);
    await this.identities.noteUse(tx, identity.id);
    await this.identities.endSession(tx, flow.sessionId);
    if (!admin) await this.identities.endSessions(tx, identity.id, { admins: true });
    const { userId, id: identityId } = identity;
    const { providerSession, authenticatedAt } = person;
    return this.sessions.begin(tx, { userId, admin }, undefined, { identityId, providerSession, authenticatedAt });
  }

  private async link(tx: Transaction, flow: UsedFlow, person: ProvenPerson): Promise<undefined> {
    const known = await this.identities.find(tx, person);
    const userId = await this.identities.ownerOf(tx, flow.sessionId);
    if (userId === undefined) throw sessionEnded();
    if (known && known.userId !== userId) {
      throw new ApiError(409, 'IDENTITY_TAKEN', 'This identity belongs to another account here.');
    }
    if (!known) await this.identities.add(tx, userId, person, false);
    return undefined;
  }

  /** Shown once more who one is, it must be the one who is signed in, and not because the provider still remembers. */
  private async requireSamePerson(
    tx: Transaction,
    { sessionId }: UsedFlow,
    { authenticatedAt }: ProvenPerson,
    known: KnownIdentity | undefined,
  ): Promise<void> {
    const userId = await this.identities.ownerOf(tx, sessionId);
    if (userId === undefined) throw sessionEnded();
    if (known?.userId !== userId) {
      throw new ApiError(403, 'OIDC_OTHER_PERSON', 'You signed in as somebody else than you are here.');
    }
    if (authenticatedAt.getTime() < Date.now() - RECENT_MS) {
      const { title } = this.provider.settings();
      throw new ApiError(403, 'OIDC_NOT_ASKED', `${title} did not ask who you are, so this is no new sign-in.`);
    }
  }

  /** Makes an account for somebody who comes for the first time, if they may. */
  private async join(tx: Transaction, person: ProvenPerson, invitation: string | undefined): Promise<KnownIdentity> {
    const userId = userIdOf(person);
    const account = await this.identities.accountUnder(tx, userId);
    if (account?.erasing) {
      throw new ApiError(
        409,
        'ERASURE_RUNNING',
        'This account is still being deleted. Sign in again when that has ended.',
      );
    }
    if (account) {
      throw new ApiError(
        403,
        'IDENTITY_REMOVED',
        'You took this identity away from your account here. Come in another way, and add it again.',
      );
    }
    const admin = await this.mayJoin(tx, person, invitation);
    await this.users.add(tx, { id: userId, displayName: displayNameOf(person.claims) });
    return this.identities.add(tx, userId, person, admin);
  }

  /** @returns whether as an operator, which only an invitation can say for good */
  private async mayJoin(tx: Transaction, { claims }: ProvenPerson, invitation: string | undefined): Promise<boolean> {
    const { signUp } = this.config;
    const allowed = isAllowed(claims, this.provider.settings().allowed);
    if (signUp === 'off' && !allowed) {
      throw new ApiError(403, 'SIGN_UP_OFF', 'Nobody new can come in on this server.');
    }
    if (invitation !== undefined) return (await this.invitations.use(tx, invitation)).admin;
    if (signUp === 'invite' && !allowed) throw invitationInvalid();
    return false;
  }

  private async isOperator(tx: Transaction, identity: KnownIdentity, { claims }: ProvenPerson): Promise<boolean> {
    const { adminClaim } = this.provider.settings();
    if (identity.admin || (adminClaim !== undefined && holds(claims, adminClaim))) return true;
    return this.accounts.isOperator(tx, identity.userId);
  }
}

function sessionEnded(): ApiError {
  return new ApiError(403, 'OIDC_SESSION_ENDED', 'You have signed out meanwhile. Sign in, and begin again.');
}
