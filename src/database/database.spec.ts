import { setTimeout as sleep } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { openDatabase, type OpenDatabase } from '../../test/support/open-database.js';
import { PostgresServer } from '../../test/support/postgres-server.js';
import { until } from '../../test/support/until.js';
import type { Database, Transaction } from './database.js';
import { ConnectionsBusyError, TransientDatabaseError } from './failures.js';

describe.each(['embedded', 'on a server'] as const)('The database, %s', (where) => {
  let server: PostgresServer | undefined;
  let opened: OpenDatabase;
  let database: Database;

  beforeAll(async () => {
    Logger.overrideLogger(false);
    server = where === 'embedded' ? undefined : await PostgresServer.start();
    opened = await openDatabase(server ? { url: (await server.createDatabase()).url } : { embedded: true });
    database = opened.database;
    await database.query('CREATE TABLE notes (n int PRIMARY KEY, text text)');
  });

  beforeEach(() => database.query('TRUNCATE notes'));

  afterAll(async () => {
    await opened.close();
    await server?.stop();
  });

  const note = (tx: Transaction, n: number) => tx.query('INSERT INTO notes (n) VALUES ($1)', [n]);
  const notes = async () => (await database.query<{ n: number }>('SELECT n FROM notes ORDER BY n')).map(({ n }) => n);

  it('returns the rows of a statement, of RETURNING as well, and counts as numbers', async () => {
    const rows = await database.query('INSERT INTO notes VALUES (1, NULL), (2, $1) RETURNING n, text', ['two']);
    expect(rows).toEqual([
      { n: 1, text: null },
      { n: 2, text: 'two' },
    ]);
    expect(await database.query('SELECT count(*) FROM notes')).toEqual([{ count: 2 }]);
    expect(await database.query('DELETE FROM notes')).toEqual([]);
  });

  describe('a transaction', () => {
    it('commits what its work did, and returns its result', async () => {
      expect(await database.transaction(async (tx) => (await note(tx, 1), 'result'))).toBe('result');
      expect(await notes()).toEqual([1]);
    });

    it('leaves nothing when its work throws', async () => {
      const work = database.transaction(async (tx) => {
        await note(tx, 1);
        throw new Error('on purpose');
      });
      await expect(work).rejects.toThrow('on purpose');
      expect(await notes()).toEqual([]);
    });

    it('is not taken for committed when a statement in it failed, even if its work went on', async () => {
      const action = jest.fn();
      const work = database.transaction(async (tx) => {
        tx.afterCommit(action);
        await note(tx, 1);
        await note(tx, 1).catch(() => undefined);
        return 'fine';
      });
      await expect(work).rejects.toThrow();
      expect(action).not.toHaveBeenCalled();
      expect(await notes()).toEqual([]);
    });

    it('lets others through afterwards, however it ended', async () => {
      await Promise.allSettled(
        Array.from({ length: 20 }, (_, n) =>
          database.transaction(async (tx) => {
            await note(tx, n);
            await sleep(1);
            if (n % 2 === 1) throw new Error('on purpose');
          }),
        ),
      );
      expect(await notes()).toEqual([0, 2, 4, 6, 8, 10, 12, 14, 16, 18]);
    });
  });

  describe('what is put off to the end of the transaction', () => {
    it('happens after everything else and is committed with it', async () => {
      await database.transaction(async (tx) => {
        tx.beforeCommit(() => ({ sql: 'INSERT INTO notes SELECT count(*) + 10 FROM notes' }));
        await note(tx, 1);
        await note(tx, 2);
      });
      expect(await notes()).toEqual([1, 2, 12]);
    });

    it('happens after what travels with the commit, in its order', async () => {
      await database.transaction(async (tx) => {
        tx.beforeCommit(() => ({ sql: 'INSERT INTO notes SELECT max(n) + 10 FROM notes' }));
        tx.withCommit('INSERT INTO notes VALUES ($1)', [2]);
        tx.withCommit('INSERT INTO notes SELECT max(n) + 1 FROM notes');
        await note(tx, 1);
      });
      expect(await notes()).toEqual([1, 2, 3, 13]);
    });

    it('is in vain when what travels with the commit fails', async () => {
      const action = jest.fn();
      const work = database.transaction(async (tx) => {
        tx.withCommit('INSERT INTO notes VALUES (1)');
        tx.beforeCommit(() => ({ sql: 'INSERT INTO notes VALUES (2)' }), action);
        await note(tx, 1);
      });
      await expect(work).rejects.toThrow(/duplicate key/);
      expect(action).not.toHaveBeenCalled();
      expect(await notes()).toEqual([]);
    });

    it('answers when it is committed', async () => {
      const answers: unknown[] = [];
      await database.transaction(async (tx) => {
        for (const n of [3, 4]) {
          const statement = { sql: 'INSERT INTO notes VALUES ($1) RETURNING n', parameters: [n] };
          tx.beforeCommit(
            () => statement,
            (rows) => answers.push(rows),
          );
        }
        await note(tx, 1);
        expect(answers).toEqual([]);
      });
      expect(answers).toEqual([[{ n: 3 }], [{ n: 4 }]]);
    });

    it('takes everything with it when it fails', async () => {
      const action = jest.fn();
      const work = database.transaction(async (tx) => {
        for (const n of [1, 2]) tx.beforeCommit(() => ({ sql: `INSERT INTO notes VALUES (${n})` }), action);
        tx.afterCommit(action);
        await note(tx, 1);
      });
      await expect(work).rejects.toThrow(/duplicate key/);
      expect(action).not.toHaveBeenCalled();
      expect(await notes()).toEqual([]);
    });
  });

  describe('what is to happen after the commit', () => {
    it('happens when the rows can be seen, in the order of asking', async () => {
      const order: string[] = [];
      let seen: Promise<number[]> | undefined;
      await database.transaction(async (tx) => {
        tx.afterCommit(() => {
          order.push('first');
          seen = notes();
        });
        tx.afterCommit(() => order.push('second'));
        await note(tx, 1);
        order.push('work');
      });
      order.push('after');
      expect(order).toEqual(['work', 'first', 'second', 'after']);
      expect(await seen).toEqual([1]);
    });

    it('never happens after a rollback', async () => {
      const action = jest.fn();
      const work = database.transaction(async (tx) => {
        tx.afterCommit(action);
        await note(tx, 1);
        throw new Error('on purpose');
      });
      await expect(work).rejects.toThrow('on purpose');
      expect(action).not.toHaveBeenCalled();
    });

    it('never happens when the commit itself fails', async () => {
      await database.query(
        'CREATE TABLE lines (n int PRIMARY KEY, note int REFERENCES notes DEFERRABLE INITIALLY DEFERRED)',
      );
      const action = jest.fn();
      const work = database.transaction(async (tx) => {
        tx.afterCommit(action);
        await tx.query('INSERT INTO lines VALUES (1, 999)');
      });
      await expect(work).rejects.toThrow(/foreign key/);
      expect(action).not.toHaveBeenCalled();
      expect(await database.query('SELECT FROM lines')).toEqual([]);
      await database.query('DROP TABLE lines');
    });

    it('cannot make a committed transaction look like a failed one', async () => {
      const second = jest.fn();
      const work = database.transaction(async (tx) => {
        tx.afterCommit(() => {
          throw new Error('a listener of somebody');
        });
        tx.afterCommit(second);
        await note(tx, 1);
        return 'done';
      });
      await expect(work).resolves.toBe('done');
      expect(second).toHaveBeenCalledTimes(1);
      expect(await notes()).toEqual([1]);
    });
  });

  if (where === 'embedded') {
    describe('inside a transaction', () => {
      it.each<[string, (database: Database) => unknown]>([
        ['a query', (inner) => inner.query('SELECT 1')],
        ['another transaction', (inner) => inner.transaction(() => Promise.resolve())],
      ])('%s past it is refused at once, instead of waiting for ever', async (_, past) => {
        const work = database.transaction(async (tx) => {
          await note(tx, 1);
          await past(database);
        });
        await expect(work).rejects.toThrow(/outside the running transaction/);
        expect(await notes()).toEqual([]);
      });

      it('a repository past it is refused, also behind an await', async () => {
        const work = database.transaction(async () => {
          await sleep(1);
          return database.withRepository('notes', (rows) => rows.find());
        });
        await expect(work).rejects.toThrow(/outside the running transaction/);
      });
    });
  } else {
    it('goes on without prepared statements behind a pooler that loses them', async () => {
      expect(await notes()).toEqual([]);
      await database.query('DEALLOCATE ALL');
      await expect(notes()).rejects.toMatchObject({ code: '26000' });
      expect(await notes()).toEqual([]);
      await database.query('DEALLOCATE ALL');
      expect(await notes()).toEqual([]);
    });

    it('goes on after its connection was cut off in the middle of a transaction, of which nothing stays', async () => {
      const work = database.transaction(async (tx) => {
        await note(tx, 1);
        const [self] = await tx.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
        await database.query('SELECT pg_terminate_backend($1)', [self?.pid]);
        await note(tx, 2);
      });
      await expect(work).rejects.toThrow();
      expect(await notes()).toEqual([]);
      await database.transaction((tx) => note(tx, 3));
      expect(await notes()).toEqual([3]);
      expect(database.connectionCounts.busy).toBe(0);
    });

    /** So many transactions that last until `end` is called. */
    const hold = (count: number) => {
      let release = () => {};
      const released = new Promise<void>((resolve) => (release = resolve));
      const all = Promise.all(Array.from({ length: count }, () => database.transaction(() => released)));
      const end = () => {
        release();
        return all;
      };
      return { end };
    };

    it('has connections for runs and for the machinery while requests use up theirs', async () => {
      const requests = hold(10);
      const request = database.query('SELECT 1');
      expect(await database.forRun(() => database.query('SELECT 2 AS n'))).toEqual([{ n: 2 }]);
      expect(await opened.machinery.query('SELECT 3 AS n')).toEqual([{ n: 3 }]);
      expect(await opened.bulk.query('SELECT 4 AS n')).toEqual([{ n: 4 }]);
      expect(database.connectionCounts.awaited).toBeGreaterThan(0);
      await Promise.all([requests.end(), request]);
    });

    it('has connections for requests while runs use up theirs, also for what a run wakes by its commit', async () => {
      let woken: Promise<unknown> | undefined;
      const runs = database.forRun(() => Promise.resolve(hold(2)));
      await database.forRun(async () => {
        await database.transaction((tx) => {
          tx.afterCommit(() => {
            woken = sleep(10).then(() => database.query('SELECT 1 AS n'));
          });
          return Promise.resolve();
        });
      });
      const others = await database.forRun(() => Promise.resolve(hold(10)));
      expect(await database.query('SELECT 2 AS n')).toEqual([{ n: 2 }]);
      expect(await woken).toEqual([{ n: 1 }]);
      await Promise.all([(await runs).end(), others.end()]);
    });

    it('lets the server compile no statement', async () => {
      expect(await database.query('SHOW jit')).toEqual([{ jit: 'off' }]);
    });

    it('opens no more than ten connections', async () => {
      const requests = hold(10);
      const runs = await database.forRun(() => Promise.resolve(hold(10)));
      const others = [opened.machinery, opened.bulk].flatMap((each) =>
        Array.from({ length: 10 }, () => each.query('SELECT pg_sleep(0.1)')),
      );
      await until('all waiting', () => database.connectionCounts.busy === 10);
      expect(database.connectionCounts.awaited).toBe(30);
      await Promise.all([requests.end(), runs.end(), ...others]);
    });

    it('refuses what finds none of its connections free for 5 s, and nothing of it was done', async () => {
      const requests = hold(4);
      const refused = await database.query('INSERT INTO notes (n) VALUES (1)').catch((error: unknown) => error);
      await requests.end();
      expect(refused).toBeInstanceOf(ConnectionsBusyError);
      expect(refused).toBeInstanceOf(TransientDatabaseError);
      expect(await notes()).toEqual([]);
    });
  }

  it('a snapshot sees one instant, and is planned for whom it reads', async () => {
    const plan = async (read: Pick<Transaction, 'query'>) => (await read.query('SHOW plan_cache_mode'))[0];
    const seen = await database.snapshot(async (tx) => {
      const before = await tx.query('SELECT n FROM notes');
      if (server) await database.query('INSERT INTO notes (n) VALUES (1)'); // Embedded, nobody comes in between.
      return [await plan(tx), before, await tx.query('SELECT n FROM notes')];
    });
    expect(seen).toEqual([{ plan_cache_mode: 'force_custom_plan' }, [], []]);
    expect(await plan(database)).toEqual({ plan_cache_mode: 'auto' });
  });

  it('what others do at the same time sees all of it or nothing', async () => {
    let begin!: () => void;
    let goOn!: () => void;
    const begun = new Promise<void>((resolve) => (begin = resolve));
    const looked = new Promise<void>((resolve) => (goOn = resolve));
    const inside = database.transaction(async (tx) => {
      await note(tx, 1);
      begin();
      await looked;
      await note(tx, 2);
    });
    await begun;
    const seen = notes();
    // On a server the answer comes in between; embedded, it waits for the only connection.
    if (server) await seen;
    goOn();
    await inside;
    expect(await seen).toEqual(server ? [] : [1, 2]);
    expect(await notes()).toEqual([1, 2]);
  });
});
