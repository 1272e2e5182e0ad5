/**
 * What the gateway does, without its layers: Socket.IO checks a token, puts the socket into its user's room, and sends
 * there what comes over Redis. No log, no numbers, no replay.
 */
import { createServer } from 'node:http';
import { Redis } from 'ioredis';
import { jwtVerify } from 'jose';
import { Server } from 'socket.io';

interface Event {
  readonly type: string;
}

const { PORT = '', REDIS_URL = '', CHANNEL = '' } = process.env;
const secret = new TextEncoder().encode(process.env['JWT_SECRET']);
const http = createServer((_, response) => response.end());
const server = new Server(http);

server.use((socket, next) => {
  jwtVerify(String(socket.handshake.auth['token']), secret).then(({ payload }) => {
    void socket.join(`user:${String(payload.sub)}`);
    next();
  }, next);
});
server.on('connection', (socket) => socket.emit('snapshot', { seq: 0 }));

const subscriber = new Redis(REDIS_URL);
subscriber.on('message', (_: string, text: string) => {
  const { rings } = JSON.parse(text) as { rings: { userId: string; event?: Event; events?: Event[] }[] };
  for (const { userId, event, events = [] } of rings) {
    for (const each of event ? [event] : events) server.to(`user:${userId}`).emit(each.type, each);
  }
});
await subscriber.subscribe(CHANNEL);
http.listen(Number(PORT), '127.0.0.1');
