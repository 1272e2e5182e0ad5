import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Whom administrators keep out, when somebody was last here, and a log of administrators' acts that nobody can change. */
export class Audit1764799400000 implements MigrationInterface {
  readonly name = 'Audit1764799400000';

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await queryRunner.query(statement);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('DROP TRIGGER keep ON admin_actions');
    await queryRunner.query('DROP TRIGGER keep_all ON admin_actions');
    await queryRunner.query('DROP FUNCTION keep_admin_actions()');
    await queryRunner.query('ALTER TABLE admin_actions RENAME COLUMN actor TO mark');
    await queryRunner.query('ALTER TABLE admin_actions ADD COLUMN actor text, DROP COLUMN person');
    await queryRunner.query(
      'UPDATE admin_actions SET actor = users.id FROM users WHERE users.mark = admin_actions.mark',
    );
    await queryRunner.query('ALTER TABLE admin_actions DROP COLUMN mark');
    await queryRunner.query('DROP INDEX users_newest');
    await queryRunner.query('ALTER TABLE users DROP locked_at, DROP seen_on, DROP seen_as_admin, DROP mark');
  }
}

const STATEMENTS = [
  `ALTER TABLE users
    -- Since when an administrator keeps the person out.
    ADD COLUMN locked_at timestamptz,
    -- The last day, of UTC, on which the person was here.
    ADD COLUMN seen_on date,
    -- Whether they were an administrator on that day.
    ADD COLUMN seen_as_admin boolean NOT NULL DEFAULT false,
    -- Names the person in admin_actions. Once this row is deleted, it names nobody.
    ADD COLUMN mark uuid NOT NULL DEFAULT gen_random_uuid()`,
  'CREATE UNIQUE INDEX users_mark ON users (mark)',
  'CREATE INDEX users_newest ON users (created_at, id)',
  'CREATE INDEX users_locked ON users (locked_at) WHERE locked_at IS NOT NULL',

  'ALTER TABLE admin_actions RENAME COLUMN actor TO actor_id',
  `ALTER TABLE admin_actions
    -- The mark of the operator; null where a password or this machine let them in.
    ADD COLUMN actor uuid,
    -- The mark of the person whom it was about.
    ADD COLUMN person uuid`,
  'UPDATE admin_actions SET actor = mark FROM users WHERE users.id = actor_id',
  'ALTER TABLE admin_actions DROP COLUMN actor_id',
  'CREATE INDEX admin_actions_of_actor ON admin_actions (actor) WHERE actor IS NOT NULL',
  'CREATE INDEX admin_actions_about ON admin_actions (person) WHERE person IS NOT NULL',
  // Rows go when they are a year old. Before that, only where somebody was is taken out, together with their account.
  `CREATE FUNCTION keep_admin_actions() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
     IF TG_OP = 'DELETE' THEN
       IF OLD.at < now() - interval '1 year' THEN RETURN OLD; END IF;
     ELSIF TG_OP = 'UPDATE' THEN
       IF NEW.address IS NULL AND to_jsonb(NEW) - 'address' = to_jsonb(OLD) - 'address' AND OLD.actor IS NOT NULL
         AND NOT EXISTS (SELECT FROM users WHERE mark = OLD.actor AND erasing_at IS NULL) THEN RETURN NEW; END IF;
     END IF;
     RAISE EXCEPTION 'What administrators did is neither changed nor deleted' USING ERRCODE = 'insufficient_privilege';
   END $$`,
  `CREATE TRIGGER keep BEFORE UPDATE OR DELETE ON admin_actions FOR EACH ROW EXECUTE FUNCTION keep_admin_actions()`,
  `CREATE TRIGGER keep_all BEFORE TRUNCATE ON admin_actions FOR EACH STATEMENT EXECUTE FUNCTION keep_admin_actions()`,
];
