import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The history to which the numbers of events belong, computed anew in every statement that reads or gives a number. It
 * changes with whatever can take the numbers back:
 *
 * - the timeline of the WAL: a standby was promoted, or a backup restored to a point in time. `pg_control_checkpoint()`
 *   has the new timeline only after the next checkpoint, so it is taken from the name of the current WAL file.
 * - the server and the database: a dump was restored elsewhere.
 * - the table and the row version of `event_epoch`: a dump was restored in place, or an operator began an epoch.
 *
 * A managed server may refuse the functions of the first two. Then the others are left, and the operator.
 */
export class EventEpoch1764730000000 implements MigrationInterface {
  readonly name = 'EventEpoch1764730000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(
      `CREATE TABLE event_epoch (
         single boolean PRIMARY KEY DEFAULT true CHECK (single),
         id uuid NOT NULL DEFAULT gen_random_uuid(),
         folder text
       )`,
    );
    await queryRunner.query('INSERT INTO event_epoch DEFAULT VALUES');
    // Stable: it sees the snapshot of the statement that calls it, whose numbers it belongs to.
    await queryRunner.query(
      `CREATE FUNCTION current_event_epoch() RETURNS text LANGUAGE plpgsql STABLE AS $$
       DECLARE
         server text;
         timeline text;
       BEGIN
         BEGIN
           server := (pg_control_system()).system_identifier;
         EXCEPTION WHEN insufficient_privilege OR feature_not_supported THEN NULL;
         END;
         BEGIN
           timeline := left(pg_walfile_name(pg_current_wal_lsn()), 8);
         EXCEPTION WHEN insufficient_privilege OR feature_not_supported THEN NULL;
         END;
         RETURN md5(concat_ws('-', server, timeline,
           (SELECT oid FROM pg_database WHERE datname = current_database()),
           (SELECT concat_ws('-', tableoid, xmin, id) FROM event_epoch)));
       END $$`,
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP FUNCTION current_event_epoch');
    await queryRunner.query('DROP TABLE event_epoch');
  }
}
