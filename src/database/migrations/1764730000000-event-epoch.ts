import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The history to which the numbers of events belong, read in every statement that reads or gives a number. It changes
 * with whatever can take the numbers back:
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
    for (const statement of STATEMENTS) await queryRunner.query(statement);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP VIEW current_event_epoch');
    await queryRunner.query('DROP FUNCTION event_server');
    await queryRunner.query('DROP TABLE event_epoch');
  }
}

const STATEMENTS = [
  // Read once per connection: the server, its timeline and the database stay the same as long as one lasts, because only a
  // server that is no standby answers.
  `CREATE FUNCTION event_server() RETURNS text LANGUAGE plpgsql STABLE AS $$
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
     RETURN set_config('soul.event_server', concat_ws('-', server, timeline,
       (SELECT oid FROM pg_database WHERE datname = current_database())), false);
   END $$`,
  // A view becomes part of the statement that reads it, and costs half of what a function does.
  `CREATE VIEW current_event_epoch AS
   SELECT md5(concat_ws('-', coalesce(nullif(current_setting('soul.event_server', true), ''), event_server()), tableoid, xmin, id))
     AS epoch FROM event_epoch`,
];
