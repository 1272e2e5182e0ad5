import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { SignatureDocument } from './document/signature.js';

/** A stored version of a person's signature. */
@Entity('signatures')
export class Signature {
  @PrimaryColumn('text', { name: 'user_id' }) readonly userId!: string;
  /** 1, 2, 3 … per person. */
  @PrimaryColumn('int') readonly version!: number;
  @Column('timestamptz', { name: 'built_at' }) readonly builtAt!: Date;
  /** Of everything the version was computed from; equal inputs make no new version. */
  @Column('text') readonly digest!: string;
  @Column('jsonb') readonly document!: SignatureDocument;
}
