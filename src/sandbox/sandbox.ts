import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import express, { type ErrorRequestHandler, type Express, type RequestHandler } from 'express';
import { z } from 'zod';
import { archiveRoutes } from './archive-routes.js';
import { applyFaults, FaultRules, faultSchema } from './faults.js';
import { github } from './github/github.js';
import { OAuthServer } from './oauth-server.js';
import { RequestLog } from './request-log.js';
import { SandboxClock } from './sandbox-clock.js';
import { spotify } from './spotify/spotify.js';
import type { StandIn } from './stand-in.js';
import { youtube } from './youtube/youtube.js';

/** Every provider the sandbox stands in for; each lives under `/<name>`. */
const STAND_INS: readonly StandIn[] = [spotify, github, youtube];

/** Where the sandbox listens (port 0 takes any free port) and which time it goes by. */
export interface SandboxOptions {
  readonly host: string;
  readonly port: number;
  /** Host names that requests may be for, besides those of this machine. */
  readonly allowedHosts?: readonly string[];
  /** The real time unless a test gives another one. */
  readonly now?: () => Date;
}

/** A running sandbox. Closing it also cuts the connections that are still open. */
export interface Sandbox {
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

/**
 * Starts the stand-in providers on real HTTP, for demos and tests. `GET /sandbox` lets another process recognise a
 * running sandbox. A taken port rejects with Node's own error (`code: 'EADDRINUSE'`).
 */
export async function startSandbox({
  host,
  port,
  allowedHosts = [],
  now = () => new Date(),
}: SandboxOptions): Promise<Sandbox> {
  const server = createServer(sandboxApp(new SandboxClock(now), allowedHosts));
  server.listen(port, host);
  await once(server, 'listening');
  // A TCP server's address is never a string.
  const address = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${address.port}`,
    port: address.port,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

function sandboxApp(clock: SandboxClock, allowedHosts: readonly string[]): Express {
  const app = express();
  app.disable('x-powered-by').disable('etag').set('json spaces', 0);
  app.use(refuseOtherHosts(new Set(['localhost', '[::1]', ...allowedHosts])));
  app.get('/sandbox', (_request, response) => response.json({ sandbox: 'soul-signature' }));
  app.get('/sandbox/clock', (_request, response) => response.json({ now: clock.now() }));
  app.post('/sandbox/clock', express.json(), (request, response) => {
    clock.advance(z.object({ advanceMs: z.number() }).parse(request.body).advanceMs);
    response.json({ now: clock.now() });
  });
  for (const standIn of STAND_INS) mount(app, standIn, clock);
  app.use((request, response) => response.status(404).json({ error: `The sandbox has no ${request.path}` }));
  app.use(answerError);
  return app;
}

/** A foreign page whose own name was made to lead here (DNS rebinding) would otherwise count as the sandbox's. */
function refuseOtherHosts(allowed: ReadonlySet<string>): RequestHandler {
  return ({ headers: { host = '' } }, response, next) => {
    const name = host.toLowerCase().replace(/:\d+$/, '');
    if (allowed.has(name) || /^127(\.\d+){3}$/.test(name)) next();
    else response.status(421).json({ error: 'The sandbox does not answer under this host name; see ALLOWED_HOSTS' });
  };
}

function mount(app: Express, standIn: StandIn, clock: SandboxClock): void {
  const faults = new FaultRules();
  const log = new RequestLog();
  const oauth = new OAuthServer(standIn, clock);
  const control = `/sandbox/${standIn.name}`;
  app.post(`${control}/faults`, express.json(), (request, response) => {
    faults.add(faultSchema.parse(request.body));
    response.sendStatus(204);
  });
  app.delete(`${control}/faults`, (_request, response) => {
    faults.clear();
    response.sendStatus(204);
  });
  app.get(`${control}/requests`, (_request, response) => response.json(log.list()));
  app.delete(`${control}/requests`, (_request, response) => {
    log.reset();
    response.sendStatus(204);
  });

  app.use(`/${standIn.name}`, log.record);
  app.use(`/${standIn.name}/oauth/token`, applyFaults(faults, 'token', standIn, oauth));
  app.use(`/${standIn.name}/oauth`, oauth.router());
  if (standIn.archives) app.use(`/${standIn.name}/archive`, archiveRoutes(standIn, standIn.archives, clock));
  app.use(`/${standIn.name}`, applyFaults(faults, 'api', standIn, oauth), standIn.api(oauth, clock));
}

/** A wrong control request is the caller's mistake and is named; anything else is a bug of the sandbox. */
const answerError: ErrorRequestHandler = (error: unknown, _request, response, next) => {
  if (response.headersSent) {
    next(error);
    return;
  }
  const unreadable = error instanceof SyntaxError || error instanceof z.ZodError;
  const message = error instanceof z.ZodError ? z.prettifyError(error) : String(error);
  response.status(unreadable ? 400 : 500).json({ error: message });
};
