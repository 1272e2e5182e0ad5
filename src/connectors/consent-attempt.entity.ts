import { Column, Entity, PrimaryColumn } from 'typeorm';

export type ConsentAttemptState = 'pending' | 'exchanging' | 'connected' | 'denied' | 'failed';

/** One attempt to connect a platform by the provider's consent page; its `state` parameter works once. */
@Entity('connects')
export class ConsentAttempt {
  @PrimaryColumn('uuid') readonly id!: string;
  @Column('text', { name: 'user_id' }) readonly userId!: string;
  @Column('text') readonly platform!: string;
  @Column('bytea', { name: 'state_hash' }) readonly stateHash!: Buffer;
  /** Hash of the cookie of the browser that began it; null where a program completes it. */
  @Column('bytea', { name: 'browser_hash', nullable: true }) readonly browserHash!: Buffer | null;
  /** The sealed PKCE verifier, until it is used. */
  @Column('text', { nullable: true }) readonly verifier!: string | null;
  @Column('text', { name: 'redirect_uri' }) readonly redirectUri!: string;
  /** A path on this site. */
  @Column('text', { name: 'return_to' }) readonly returnTo!: string;
  @Column('text') readonly status!: ConsentAttemptState;
  @Column('text', { name: 'error_code', nullable: true }) readonly errorCode!: string | null;
  @Column('text', { name: 'error_message', nullable: true }) readonly errorMessage!: string | null;
  @Column('uuid', { name: 'job_id', nullable: true }) readonly jobId!: string | null;
  @Column('timestamptz', { name: 'expires_at' }) readonly expiresAt!: Date;
}
