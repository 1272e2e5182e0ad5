import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * What has to be planned is marked when it changes (`planned_by` becomes null), so that the planner need not look for it
 * among all connections. A schedule that somebody else has locked is not waited for, because that could deadlock: it is
 * the planner, which is setting a new time, and plans with the new zone the time after.
 */
export class SchedulePlans1764741000000 implements MigrationInterface {
  readonly name = 'SchedulePlans1764741000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await queryRunner.query(statement);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TRIGGER plan_zone ON users');
    await queryRunner.query('DROP TRIGGER plan_first_connect ON connections');
    await queryRunner.query('DROP TRIGGER plan_reconnect ON connections');
    await queryRunner.query('DROP FUNCTION plan_zone(), plan_connection()');
  }
}

const STATEMENTS = [
  `CREATE FUNCTION plan_connection() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
     INSERT INTO schedules (user_id, platform) VALUES (NEW.user_id, NEW.platform) ON CONFLICT DO NOTHING;
     UPDATE schedules SET planned_by = NULL WHERE ctid = ANY (ARRAY(
       SELECT ctid FROM schedules WHERE user_id = NEW.user_id AND platform = NEW.platform AND planned_by IS NOT NULL
       FOR UPDATE SKIP LOCKED));
     RETURN NULL;
   END $$`,
  `CREATE FUNCTION plan_zone() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
     UPDATE schedules SET planned_by = NULL WHERE ctid = ANY (ARRAY(
       SELECT ctid FROM schedules WHERE user_id = NEW.id AND planned_by IS NOT NULL FOR UPDATE SKIP LOCKED));
     RETURN NULL;
   END $$`,
  `CREATE TRIGGER plan_first_connect AFTER INSERT ON connections FOR EACH ROW
   WHEN (NEW.status = 'connected') EXECUTE FUNCTION plan_connection()`,
  `CREATE TRIGGER plan_reconnect AFTER UPDATE OF status, connected_at ON connections FOR EACH ROW
   WHEN (NEW.status = 'connected' AND (OLD.status, OLD.connected_at) IS DISTINCT FROM (NEW.status, NEW.connected_at))
   EXECUTE FUNCTION plan_connection()`,
  `CREATE TRIGGER plan_zone AFTER UPDATE OF time_zone ON users FOR EACH ROW
   WHEN (OLD.time_zone IS DISTINCT FROM NEW.time_zone) EXECUTE FUNCTION plan_zone()`,
];
