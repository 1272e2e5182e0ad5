import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { limitTime } from './patience.js';

it('keeps a connection open between requests for longer than a proxy in front does', async () => {
  const server = createServer((_, response) => response.end());
  limitTime(server);
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const answer = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  server.closeAllConnections();
  server.close();
  expect(answer.headers.get('keep-alive')).toBe('timeout=65');
});
