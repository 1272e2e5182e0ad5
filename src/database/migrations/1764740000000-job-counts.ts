import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * How many jobs have ended how, kept with the jobs themselves: triggers note every change in the transaction that makes
 * it. Each note is a row of its own, because workers that raise one number would wait for each other.
 */
export class JobCounts1764740000000 implements MigrationInterface {
  readonly name = 'JobCounts1764740000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await queryRunner.query(statement);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const trigger of ['added', 'ended', 'revived', 'deleted', 'emptied']) {
      await queryRunner.query(`DROP TRIGGER count_${trigger} ON jobs`);
    }
    await queryRunner.query('DROP FUNCTION count_job(), uncount_job(), uncount_jobs(), uncount_all_jobs()');
    await queryRunner.query('DROP TABLE job_counts');
  }
}

const ENDED = `NOT IN ('waiting', 'active')`;

const STATEMENTS = [
  `CREATE TABLE job_counts (
    queue text NOT NULL,
    status text NOT NULL,
    -- Added to the other rows of this queue and status.
    jobs bigint NOT NULL
  ) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000)`,
  `CREATE FUNCTION count_job() RETURNS trigger LANGUAGE plpgsql AS $$
   BEGIN INSERT INTO job_counts VALUES (NEW.queue, NEW.status, 1); RETURN NULL; END $$`,
  `CREATE FUNCTION uncount_job() RETURNS trigger LANGUAGE plpgsql AS $$
   BEGIN INSERT INTO job_counts VALUES (OLD.queue, OLD.status, -1); RETURN NULL; END $$`,
  `CREATE FUNCTION uncount_jobs() RETURNS trigger LANGUAGE plpgsql AS $$
   BEGIN
     INSERT INTO job_counts SELECT queue, status, -count(*) FROM gone WHERE status ${ENDED} GROUP BY queue, status;
     RETURN NULL;
   END $$`,
  `CREATE FUNCTION uncount_all_jobs() RETURNS trigger LANGUAGE plpgsql AS $$
   BEGIN DELETE FROM job_counts; RETURN NULL; END $$`,
  // The conditions are checked without calling the function, so a write that ends no job costs nothing.
  `CREATE TRIGGER count_added AFTER INSERT ON jobs FOR EACH ROW
   WHEN (NEW.status ${ENDED}) EXECUTE FUNCTION count_job()`,
  `CREATE TRIGGER count_ended AFTER UPDATE OF status ON jobs FOR EACH ROW
   WHEN (NEW.status <> OLD.status AND NEW.status ${ENDED}) EXECUTE FUNCTION count_job()`,
  `CREATE TRIGGER count_revived AFTER UPDATE OF status ON jobs FOR EACH ROW
   WHEN (NEW.status <> OLD.status AND OLD.status ${ENDED}) EXECUTE FUNCTION uncount_job()`,
  `CREATE TRIGGER count_deleted AFTER DELETE ON jobs REFERENCING OLD TABLE AS gone
   FOR EACH STATEMENT EXECUTE FUNCTION uncount_jobs()`,
  `CREATE TRIGGER count_emptied AFTER TRUNCATE ON jobs FOR EACH STATEMENT EXECUTE FUNCTION uncount_all_jobs()`,
];
