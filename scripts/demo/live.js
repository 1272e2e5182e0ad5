import { io } from 'socket.io-client';
import { ARCHIVE, openDisplay } from './display.js';

/** Shows what happens while something is begun, until the signature of it is built. */
export async function live(api, { sources, unread, limitMs }, begin) {
  const display = openDisplay(sources);
  const socket = io(api.url, { auth: { token: api.token }, reconnection: false, transports: ['websocket'] });
  try {
    const built = watch(socket, { unread, limitMs }, display);
    built.catch(() => undefined); // It is awaited below; what begins may fail first.
    await begin(display);
    await built;
  } finally {
    display.close();
    socket.close();
  }
}

/** Resolves when a signature was begun after everything was read, and is built; rejects when one of them failed. */
function watch(socket, { unread, limitMs }, display) {
  let timer;
  let lastBuild;
  return new Promise((resolve, reject) => {
    const fail = (message) => reject(new Error(message));
    timer = setTimeout(() => fail(`No signature within ${limitMs / 1_000} s`), limitMs);
    socket.on('connect_error', ({ message }) => fail(`No live connection: ${message}`));
    socket.on('disconnect', (reason) => fail(`The live connection ended: ${reason}`));
    socket.onAny((type, event) => {
      if (type === 'snapshot' || typeof event?.seq !== 'number') return;
      display.show(event);
      const about = event.platform ?? (type.startsWith('import_') ? 'The archive' : 'The signature');
      if (type === 'extraction_completed') unread.delete(event.platform);
      else if (type === 'import_completed') {
        unread.delete(ARCHIVE.name);
        // Without a row that could be taken there is nothing to draw.
        if (event.receipt.accepted + event.receipt.merged === 0) resolve();
      } else if (type === 'signature_started' && unread.size === 0) lastBuild = event.jobId;
      else if (type === 'signature_completed' && event.jobId === lastBuild) resolve();
      else if (type.endsWith('_failed') && !event.willRetry) fail(`${about}: ${event.error.message}`);
      else if (type.endsWith('_expired') || type.endsWith('_cancelled')) fail(`${about}: ${type}`);
    });
  }).finally(() => clearTimeout(timer));
}
