import { CacheModule } from '@nestjs/cache-manager';
import { Global, Module, type DynamicModule, type OnModuleInit } from '@nestjs/common';
import type { ProcessParts } from '../config/process-parts.js';
import { JobObservers } from '../queues/job-observers.js';
import { QueueOverview } from '../queues/queue-overview.js';
import { Snapshots } from '../realtime/snapshots.js';
import { AccessTokens } from './access-tokens.js';
import { ConsentFlow } from './consent-flow.js';
import { GrantStorage } from './grant-storage.js';
import { PlatformStatus } from './platform-status.js';
import { ConnectionRows } from './connection-rows.js';
import { ConnectorsController } from './connectors.controller.js';
import { ConnectCookies } from './connect-cookies.js';
import { ConsentAttempts } from './consent-attempts.js';
import { Disconnection } from './disconnection.js';
import { GrantEnds } from './grant-ends.js';
import { KeyRotation } from './key-rotation.js';
import { KeysController } from './keys.controller.js';
import { OAuthClient } from './oauth-client.js';
import { PersonalTokens } from './personal-tokens.js';
import { PlatformClients } from './platform-clients.js';
import { PlatformDataDeletion } from './platform-data-deletion.js';
import { PlatformDataErasers } from './platform-data-erasers.js';
import { PlatformDirectory } from './platform-access.js';
import { RequestBudgets } from './request-budgets.js';
import { TokenRevocation } from './token-revocation.js';
import { TokenVault } from './token-vault.js';

/** The connections of people to platforms: consent, tokens, status, and requests to the platforms' APIs. */
@Global()
@Module({
  imports: [CacheModule.register()],
  providers: [
    PlatformDirectory,
    TokenVault,
    OAuthClient,
    ConnectCookies,
    ConsentAttempts,
    ConsentFlow,
    GrantStorage,
    PersonalTokens,
    PlatformClients,
    RequestBudgets,
    PlatformStatus,
    ConnectionRows,
    PlatformDataErasers,
    PlatformDataDeletion,
    Disconnection,
    TokenRevocation,
    AccessTokens,
    GrantEnds,
    KeyRotation,
  ],
  exports: [
    PlatformDirectory,
    PlatformClients,
    AccessTokens,
    ConnectionRows,
    PlatformDataErasers,
    PlatformDataDeletion,
    PlatformStatus,
    RequestBudgets,
    TokenRevocation,
  ],
})
export class ConnectorsModule implements OnModuleInit {
  static forRoot({ api }: ProcessParts): DynamicModule {
    return { module: ConnectorsModule, controllers: api ? [ConnectorsController, KeysController] : [] };
  }

  constructor(
    private readonly snapshots: Snapshots,
    private readonly status: PlatformStatus,
    private readonly overview: QueueOverview,
    private readonly budgets: RequestBudgets,
    private readonly connections: ConnectionRows,
    private readonly observers: JobObservers,
    private readonly deletion: PlatformDataDeletion,
  ) {}

  onModuleInit(): void {
    this.observers.register('delete-platform-data', this.deletion);
    this.snapshots.register('connections', (userId) => this.status.read(userId));
    this.overview.registerProblems(() => this.connections.problemsForOperator());
    this.overview.registerBudgets(() => this.budgets.ofPlatforms());
  }
}
