import { createServer } from 'node:http';

/** The least that a server can do for a flood: it answers 429 to everything, and reads nothing. */
const server = createServer((request, response) => {
  if (request.url === '/health') {
    response.writeHead(200).end();
    return;
  }
  response.writeHead(429, { 'retry-after': '1' }).end();
});
server.on('upgrade', (_, socket) => socket.end('HTTP/1.1 429 Too Many Requests\r\nRetry-After: 1\r\n\r\n'));
server.on('clientError', (_, socket) => socket.destroy());
server.listen(Number(process.env['PORT']), '127.0.0.1');
