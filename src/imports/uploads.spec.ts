import { randomUUID } from 'node:crypto';
import { Agent, createServer, request, type IncomingMessage } from 'node:http';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync } from 'node:fs';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Request, Response } from 'express';
import type { Config } from '../config/config.js';
import type { Housekeeping } from '../database/housekeeping.js';
import type { ApiError } from '../http/api-error.js';
import { Uploads } from './uploads.js';

/** Longer than a client may go on sending what is refused. */
const LATER_MS = 60_000;

describe('an upload that is refused', () => {
  const folder = mkdtempSync(join(tmpdir(), 'soul-uploads-'));
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const uploads = new Uploads(
    { imports: { folder, fileBytes: 1_000, uploadBytes: 1_000 } } as Config,
    { also: () => undefined } as unknown as Housekeeping,
  );
  const server = createServer((incoming, response) => {
    Object.assign(incoming, { res: response });
    uploads.receive(incoming as Request).then(
      () => (response as Response).end('taken'),
      (error: unknown) => response.end((error as ApiError).code),
    );
  });

  beforeAll(async () => {
    jest.useFakeTimers({ doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] });
    await once(server.listen(0, '127.0.0.1'), 'listening');
  });
  afterAll(async () => {
    jest.useRealTimers();
    agent.destroy();
    await new Promise((closed) => server.close(closed));
    rmSync(folder, { recursive: true });
  });

  const sent = async (content: string, field = 'file') => {
    const { port } = server.address() as AddressInfo;
    const sending = request({
      agent,
      port,
      host: '127.0.0.1',
      method: 'POST',
      headers: { 'content-type': 'multipart/form-data; boundary=b' },
    });
    sending.end(`--b\r\nContent-Disposition: form-data; name="${field}"; filename="f"\r\n\r\n${content}\r\n--b--\r\n`);
    const [answer] = (await once(sending, 'response')) as [IncomingMessage];
    return { answer: await text(answer), port: sending.socket?.localPort };
  };

  it.each([
    ['with what is sent beside files', 'UNKNOWN_FIELD', 'x', 'other'],
    ['too large', 'ARCHIVE_TOO_LARGE', 'x'.repeat(2_000), 'file'],
  ])('leaves the connection to the next one: %s', async (_name, code, content, field) => {
    const refused = await sent(content, field);
    expect(refused.answer).toBe(code);
    jest.advanceTimersByTime(LATER_MS);
    await new Promise((passed) => setImmediate(passed));
    expect(await sent('something')).toEqual({ answer: 'taken', port: refused.port });
    expect(readdirSync(folder)).toHaveLength(1);
    rmSync(join(folder, readdirSync(folder)[0] ?? ''), { recursive: true });
  });
});

describe('the folder of uploads', () => {
  it('is rid of what processes that died have left, and of nothing that others keep in it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'soul-uploads-'));
    const uploads = new Uploads(
      { imports: { folder } } as Config,
      { also: () => undefined } as unknown as Housekeeping,
    );
    const [left, fresh] = [randomUUID(), randomUUID()];
    const old = new Date(Date.now() - 2 * 3_600_000);
    for (const name of [left, fresh, 'photos', `${left}.txt`]) {
      mkdirSync(join(folder, name));
      if (name !== fresh) utimesSync(join(folder, name), old, old);
    }
    await uploads.clean(new Date());
    expect(readdirSync(folder).sort()).toEqual([fresh, 'photos', `${left}.txt`].sort());
    rmSync(folder, { recursive: true });
  });
});
