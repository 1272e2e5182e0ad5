import { pipeline } from 'node:stream/promises';
import express, { type Response, type Router } from 'express';
import { archivePage } from './archive-page.js';
import { zipOf } from './archive-zip.js';
import { PAGE_HEADERS } from './page.js';
import type { SandboxClock } from './sandbox-clock.js';
import type { StandIn, StandInArchive } from './stand-in.js';

/**
 * `GET /?persona=<id>`, the page with the downloads, and `GET /<persona>/<file>`, to be mounted under `/<name>/archive`.
 * Nobody has to sign in: the people are invented.
 */
export function archiveRoutes(standIn: StandIn, archives: readonly StandInArchive[], clock: SandboxClock): Router {
  const router = express.Router();
  router.get('/', ({ query: { persona } }, response) => {
    response.set(PAGE_HEADERS).send(archivePage(standIn, archives, typeof persona === 'string' ? persona : undefined));
  });
  router.get('/:persona/:file', async (request, response) => {
    const persona = standIn.personas.find(({ id }) => id === request.params.persona);
    const archive = archives.find(({ file }) => file === request.params.file);
    if (persona && archive) await send(archive, persona.id, clock.now().getTime(), response);
    else response.status(404).json({ error: `The sandbox has no ${request.originalUrl}` });
  });
  return router;
}

async function send(archive: StandInArchive, persona: string, now: number, response: Response): Promise<void> {
  response.attachment(`${persona}-${archive.file}`).set('Cache-Control', 'no-store');
  try {
    await pipeline(zipOf(archive.entries(persona, now)), response);
  } catch (error) {
    // Whoever asked may go before the end.
    if ((error as NodeJS.ErrnoException).code !== 'ERR_STREAM_PREMATURE_CLOSE') throw error;
  }
}
