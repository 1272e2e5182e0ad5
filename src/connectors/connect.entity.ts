import { Column, Entity, PrimaryColumn } from 'typeorm';

export type ConnectState = 'pending' | 'exchanging' | 'connected' | 'denied' | 'failed';

/** One try to connect a platform, from its start to its end; its `state` parameter works once. */
@Entity('connects')
export class Connect {
  @PrimaryColumn('uuid') readonly id!: string;
  @Column('text', { name: 'user_id' }) readonly userId!: string;
  @Column('text') readonly platform!: string;
  @Column('bytea', { name: 'state_hash' }) readonly stateHash!: Buffer;
  /** Hash of the cookie of the browser that began it; null for flows that a program ends. */
  @Column('bytea', { name: 'browser_hash', nullable: true }) readonly browserHash!: Buffer | null;
  /** The sealed PKCE verifier, until it is used. */
  @Column('text', { nullable: true }) readonly verifier!: string | null;
  @Column('text', { name: 'redirect_uri' }) readonly redirectUri!: string;
  /** A path on this site. */
  @Column('text', { name: 'return_to' }) readonly returnTo!: string;
  @Column('text') readonly status!: ConnectState;
  @Column('text', { name: 'error_code', nullable: true }) readonly errorCode!: string | null;
  @Column('text', { name: 'error_message', nullable: true }) readonly errorMessage!: string | null;
  @Column('uuid', { name: 'job_id', nullable: true }) readonly jobId!: string | null;
  @Column('timestamptz', { name: 'expires_at' }) readonly expiresAt!: Date;
}
