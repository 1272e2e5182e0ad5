import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A person. The row is created when their token is first seen. */
@Entity('users')
export class User {
  /** The token's `sub`. */
  @PrimaryColumn('text') readonly id!: string;
  @Column('text', { name: 'display_name', nullable: true }) readonly displayName!: string | null;
  /** IANA name, set by the person. While it is null the signature contains nothing about hours. */
  @Column('text', { name: 'time_zone', nullable: true }) readonly timeZone!: string | null;
  /** Set by the person: their signature may contain themes about health, belief, politics, sexuality and unions. */
  @Column('boolean', { name: 'sensitive_topics' }) readonly sensitiveTopics!: boolean;
  @Column('boolean') readonly premium!: boolean;
  /** The last day, of UTC, on which the person was here; null before the first request. */
  @Column('date', { name: 'seen_on', nullable: true }) readonly seenOn!: string | null;
  /** The number of the newest event. */
  @Column('bigint') readonly seq!: number;
  @Column('timestamptz', { name: 'created_at' }) readonly createdAt!: Date;
}
