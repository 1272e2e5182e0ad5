import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Lets an item show tellings of other kinds than its own. Those before were plays, shown by plays. */
export class WitnessesOfKinds1764794000000 implements MigrationInterface {
  readonly name = 'WitnessesOfKinds1764794000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    // The default is for processes of an earlier version that still run.
    await queryRunner.query(`ALTER TABLE witnesses ADD COLUMN shown_kind text NOT NULL DEFAULT 'play'`);
    await queryRunner.query('DROP INDEX witnesses_of_item');
    await queryRunner.query(
      'CREATE INDEX witnesses_of_item ON witnesses (user_id, shown_platform, shown_kind, shown_id)',
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`DELETE FROM witnesses WHERE kind <> shown_kind`);
    await queryRunner.query('ALTER TABLE witnesses DROP COLUMN shown_kind');
    await queryRunner.query('CREATE INDEX witnesses_of_item ON witnesses (user_id, shown_platform, kind, shown_id)');
  }
}
