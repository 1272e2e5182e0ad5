import { Column, Entity, PrimaryColumn } from 'typeorm';

export type ConnectionState = 'connected' | 'needs_reconnect' | 'disconnected';

/** A person's account on a platform. The tokens are sealed; see `token-vault.ts`. */
@Entity('connections')
export class Connection {
  @PrimaryColumn('text', { name: 'user_id' }) readonly userId!: string;
  @PrimaryColumn('text') readonly platform!: string;
  /** Who issued the tokens: the provider, or the stand-in. They are never sent to the other. */
  @Column('text') readonly origin!: 'real' | 'sandbox';
  @Column('text') readonly status!: ConnectionState;
  /** Raised by every connect and disconnect, so that a refresh that began before saves nothing. */
  @Column('int', { name: 'grant_number' }) readonly grantNumber!: number;
  /** Raised by every refresh: shows that a process has read an older token. */
  @Column('int', { name: 'token_number' }) readonly tokenNumber!: number;
  @Column('text', { array: true }) readonly scopes!: string[];
  @Column('text', { name: 'access_token', nullable: true }) readonly accessToken!: string | null;
  @Column('text', { name: 'refresh_token', nullable: true }) readonly refreshToken!: string | null;
  @Column('timestamptz', { name: 'access_expires_at', nullable: true }) readonly accessExpiresAt!: Date | null;
  @Column('timestamptz', { name: 'connected_at' }) readonly connectedAt!: Date;
  @Column('timestamptz', { name: 'last_sync_at', nullable: true }) readonly lastSyncAt!: Date | null;
  @Column('text', { name: 'last_sync_status', nullable: true }) readonly lastSyncStatus!: string | null;
}

/** The columns as the entity names them. */
export const CONNECTION_COLUMNS = `user_id AS "userId", platform, origin, status, grant_number AS "grantNumber",
  token_number AS "tokenNumber", scopes, access_token AS "accessToken", refresh_token AS "refreshToken",
  access_expires_at AS "accessExpiresAt", connected_at AS "connectedAt", last_sync_at AS "lastSyncAt",
  last_sync_status AS "lastSyncStatus"`;
