import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** As long as a real provider's tokens. */
const ANSWER = JSON.stringify({
  access_token: 'a'.repeat(200),
  token_type: 'Bearer',
  expires_in: 3_600,
  refresh_token: 'r'.repeat(130),
  scope: 'user-read-recently-played user-top-read user-library-read',
});

/** A token endpoint that grants everything at once, so that only our own work is measured. */
export async function startTokenEndpoint(): Promise<{ readonly url: string; close(): void }> {
  const server = createServer((request, response) => {
    request.resume().once('end', () => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': ANSWER.length }).end(ANSWER);
    });
  });
  server.keepAliveTimeout = 60_000;
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // A TCP server's address is never a string.
  return {
    url: `http://127.0.0.1:${port}/token`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
