import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Which people want themes that are otherwise left out. */
export class SensitiveTopics1764570000000 implements MigrationInterface {
  readonly name = 'SensitiveTopics1764570000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE users ADD COLUMN sensitive_topics boolean NOT NULL DEFAULT false');
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('ALTER TABLE users DROP COLUMN sensitive_topics');
  }
}
