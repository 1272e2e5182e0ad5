import { Column, Entity, PrimaryColumn } from 'typeorm';

/** A person, made on the first sight of their token. */
@Entity('users')
export class User {
  /** The token's `sub`. */
  @PrimaryColumn('text') readonly id!: string;
  @Column('text', { name: 'display_name', nullable: true }) readonly displayName!: string | null;
  /** IANA name, set by the person; null means that nothing may be said about hours. */
  @Column('text', { name: 'time_zone', nullable: true }) readonly timeZone!: string | null;
  /** Asked for by the person: themes about health, belief, politics, sexuality and unions may be said to them. */
  @Column('boolean', { name: 'sensitive_topics' }) readonly sensitiveTopics!: boolean;
  @Column('boolean') readonly premium!: boolean;
  /** The number of the newest event. */
  @Column('bigint') readonly seq!: number;
  @Column('timestamptz', { name: 'created_at' }) readonly createdAt!: Date;
}
