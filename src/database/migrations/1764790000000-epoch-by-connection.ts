import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Reads the timeline once per connection, like server and database: it stays the same as long as a connection lasts,
 * because only a server that is no standby answers. The epoch itself does not change by it. The setting has another name
 * than before, so that connections that are open do not use what they have kept.
 */
export class EpochByConnection1764790000000 implements MigrationInterface {
  readonly name = 'EpochByConnection1764790000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await queryRunner.query(statement);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(VIEW.replace('HISTORY', `concat_ws('-', event_server(), event_timeline(event_server()))`));
    await queryRunner.query('DROP FUNCTION event_history');
  }
}

const VIEW = `CREATE OR REPLACE VIEW current_event_epoch AS
   SELECT md5(concat_ws('-', HISTORY, tableoid, xmin, id)) AS epoch FROM event_epoch`;

const STATEMENTS = [
  `CREATE FUNCTION event_history() RETURNS text LANGUAGE plpgsql STABLE AS $$
   DECLARE
     server text := event_server();
   BEGIN
     RETURN set_config('soul.event_history', concat_ws('-', server, event_timeline(server)), false);
   END $$`,
  VIEW.replace('HISTORY', `coalesce(nullif(current_setting('soul.event_history', true), ''), event_history())`),
];
