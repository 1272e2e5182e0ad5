import '../../test/support/own-data-folder.js';
import type { Request } from 'express';
import { parseConfig } from '../config/config.js';
import { DemoController } from './demo.controller.js';

const fromThisMachine = {
  socket: { remoteAddress: '127.0.0.1' },
  headers: { host: '127.0.0.1:3001' },
} as unknown as Request;

describe('The demo sign-in', () => {
  const controller = (env: Readonly<Record<string, string>>) =>
    new DemoController(
      { issue: () => Promise.resolve('a token'), verify: () => Promise.resolve({}) } as never,
      { admit: () => Promise.resolve(), update: () => Promise.resolve() } as never,
      parseConfig(env),
    );

  it('makes administrators of people on this machine', async () => {
    const signedIn = await controller({}).signIn({ name: 'Ada', admin: true }, fromThisMachine);
    expect(signedIn).toEqual({ userId: 'demo:ada', token: 'a token' });
  });

  it('makes none behind a proxy, for which everybody is on this machine', async () => {
    const proxied = controller({ TRUST_PROXY: 'true' });
    await expect(proxied.signIn({ name: 'Ada', admin: true }, fromThisMachine)).rejects.toMatchObject({
      code: 'FORBIDDEN',
    });
    expect(await proxied.signIn({ name: 'Ada' }, fromThisMachine)).toMatchObject({ userId: 'demo:ada' });
  });
});
