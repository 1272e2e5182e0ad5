import type { Pool, PoolClient, QueryResult } from 'pg';

/** One statement with its parameters, `$1` being the first. */
export interface Statement {
  readonly sql: string;
  readonly parameters?: readonly unknown[];
}

/**
 * A connection that is taken from TypeORM's pool, for one statement or one transaction. It speaks to `pg` directly, so
 * that statements which need no answer in between travel together (pipelining): BEGIN with the first statement, the
 * last ones with COMMIT. That halves the round trips of a short transaction. The embedded database is not pipelined; it
 * has no network to save.
 */
export class Connection {
  private readonly pipelined: boolean;
  private begun: Promise<unknown> | undefined;

  private constructor(private readonly client: PoolClient) {
    this.pipelined = client.pipeline;
    // A connection that breaks while it is in use fails its statements; that it also says so must not end the process.
    client.on('error', ignore);
  }

  static async take(pool: Pool): Promise<Connection> {
    return new Connection(await pool.connect());
  }

  async query<Row>(statement: Statement): Promise<Row[]> {
    const [result] = await Promise.all([this.send(statement), this.begun]);
    return result.rows as Row[]; // The caller names the row type beside its SQL.
  }

  /** Runs statements of which none needs the answer of another. @throws the error of the first that failed */
  async queryAll(statements: readonly Statement[]): Promise<void> {
    const sent: Promise<QueryResult>[] = [];
    for (const statement of statements) {
      const answer = this.send(statement);
      sent.push(answer);
      if (!this.pipelined) await answer;
    }
    const answers = await Promise.allSettled([this.begun, ...sent]);
    const failed = answers.find((answer) => answer.status === 'rejected');
    if (failed) throw failed.reason;
  }

  /** Begins a transaction; the answer is awaited with that of its first statement. */
  async begin(isolation: 'REPEATABLE READ' | undefined): Promise<void> {
    const begun = this.send({ sql: isolation ? `BEGIN ISOLATION LEVEL ${isolation}` : 'BEGIN' });
    begun.catch(ignore);
    this.begun = begun;
    if (!this.pipelined) await begun;
  }

  /** Ends a transaction without effect; one that is already over stays as it is. */
  async rollback(): Promise<void> {
    await this.send({ sql: 'ROLLBACK' }).catch(ignore);
  }

  /** Gives it back to the pool, which lets go of one that is broken. */
  release(): void {
    this.client.off('error', ignore);
    this.client.release();
  }

  private send({ sql, parameters = [] }: Statement): Promise<QueryResult> {
    return this.client.query(sql, [...parameters]);
  }
}

function ignore(): void {}
