import { CacheModule } from '@nestjs/cache-manager';
import { Module, type OnModuleInit } from '@nestjs/common';
import { Snapshots } from '../realtime/snapshots.js';
import { AccessTokens } from './access-tokens.js';
import { ConnectFlow } from './connect-flow.js';
import { ConnectionStatus } from './connection-status.js';
import { Connections } from './connections.js';
import { ConnectorsController } from './connectors.controller.js';
import { Connects } from './connects.js';
import { OAuthClient } from './oauth-client.js';
import { PlatformDirectory } from './platform-access.js';
import { TokenVault } from './token-vault.js';

/** A person's accounts on platforms: how they are connected, and what keeps them usable. */
@Module({
  imports: [CacheModule.register()],
  controllers: [ConnectorsController],
  providers: [
    PlatformDirectory,
    TokenVault,
    OAuthClient,
    Connects,
    ConnectFlow,
    ConnectionStatus,
    Connections,
    AccessTokens,
  ],
  exports: [PlatformDirectory, AccessTokens, Connections, ConnectionStatus],
})
export class ConnectorsModule implements OnModuleInit {
  constructor(
    private readonly snapshots: Snapshots,
    private readonly status: ConnectionStatus,
  ) {}

  onModuleInit(): void {
    this.snapshots.register('connections', (userId) => this.status.read(userId));
  }
}
