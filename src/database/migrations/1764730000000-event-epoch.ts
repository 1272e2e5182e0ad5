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
    for (const statement of STATEMENTS) await queryRunner.query(statement);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP VIEW current_event_epoch');
    await queryRunner.query('DROP FUNCTION event_server, event_timeline');
    await queryRunner.query('DROP TABLE event_epoch');
  }
}

const STATEMENTS = [
  // What cannot change while a connection lasts is read once: server and database, and whether the timeline may be read.
  `CREATE FUNCTION event_server() RETURNS text LANGUAGE plpgsql STABLE AS $$
   DECLARE
     server text;
     timeline boolean := true;
   BEGIN
     BEGIN
       server := (pg_control_system()).system_identifier;
     EXCEPTION WHEN insufficient_privilege OR feature_not_supported THEN NULL;
     END;
     BEGIN
       PERFORM pg_walfile_name(pg_current_wal_lsn());
     EXCEPTION WHEN insufficient_privilege OR feature_not_supported THEN timeline := false;
     END;
     RETURN set_config('soul.event_server', concat_ws('-', timeline, server,
       (SELECT oid FROM pg_database WHERE datname = current_database())), false);
   END $$`,
  `CREATE FUNCTION event_timeline(server text) RETURNS text LANGUAGE plpgsql STABLE AS $$
   BEGIN
     IF server LIKE 't-%' THEN RETURN left(pg_walfile_name(pg_current_wal_lsn()), 8); END IF;
     RETURN NULL;
   END $$`,
  // A view becomes part of the statement that reads it, and costs half of what a function does.
  `CREATE VIEW current_event_epoch AS
   SELECT md5(concat_ws('-', server, event_timeline(server), tableoid, xmin, id)) AS epoch FROM (
     SELECT coalesce(nullif(current_setting('soul.event_server', true), ''), event_server()) AS server, tableoid, xmin, id
     FROM event_epoch) AS place`,
];
