import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { PGlite } from '@electric-sql/pglite';
import { ApiClient } from '../support/api-client.js';
import { LiveFeed } from '../support/live-feed.js';
import { copyFolder } from '../support/prepared-folder.js';
import { RunningApp } from '../support/running-app.js';

jest.setTimeout(300_000);

describe('R31: a data folder that is restored from an older copy', () => {
  let app: RunningApp;

  beforeAll(async () => {
    app = await RunningApp.start();
  });
  afterAll(() => app.stop());

  /** Appends events while the program does not run. */
  const write = async (userId: string, statuses: readonly string[]) => {
    const database = await PGlite.create({ dataDir: join(app.dataDir, 'postgres') });
    for (const status of statuses) {
      await database.query(
        `WITH last AS (UPDATE users SET seq = seq + 1 WHERE id = $1 RETURNING id, seq)
         INSERT INTO events (user_id, seq, type, payload)
         SELECT id, seq, 'connection_status', jsonb_build_object('platform', 'spotify', 'status', $2::text) FROM last`,
        [userId, status],
      );
    }
    await database.close();
  };
  const shown = (events: readonly any[]) => events.map(({ seq, status }) => `${seq} ${status}`);

  it('is told to sockets and to readers of the log; a mere restart is not', async () => {
    const person = await ApiClient.signIn(app);
    const open = async () => {
      const feed = await LiveFeed.open(app, person.token!);
      feed.close();
      return feed.snapshots[0];
    };
    const { epoch } = await open();
    const [folder, backup] = [app.dataDir, `${app.dataDir}-backup`];
    await app.terminate();
    await write(person.userId, ['one', 'two']);
    copyFolder(folder, backup);
    await write(person.userId, ['lost three']);
    await app.startAgain();
    expect(await open()).toMatchObject({ seq: 3, epoch });
    expect(shown((await person.call('GET', `/events?since=2&epoch=${epoch}`)).body.data)).toEqual(['3 lost three']);

    await app.terminate();
    rmSync(folder, { recursive: true });
    copyFolder(backup, folder);
    await write(person.userId, ['new three']);
    await app.startAgain();
    const restored = await open();
    expect(restored.seq).toBe(3);
    expect(restored.epoch).not.toBe(epoch);
    const { status, body } = await person.call('GET', `/events?since=3&epoch=${epoch}`);
    expect([status, body.error]).toMatchObject([
      410,
      { code: 'EPOCH_CHANGED', details: { epoch: restored.epoch, seq: 3 } },
    ]);
    expect(shown(await person.events())).toEqual(['1 one', '2 two', '3 new three']);
  });
});
