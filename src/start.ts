import { fileURLToPath } from 'node:url';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { AppModule } from './app.module.js';
import { isUpload, LargeBodies } from './auth/large-bodies.js';
import type { CompleteConfig } from './config/development-secrets.js';
import { configureHttp, nothingHere } from './http/http-app.js';
import { OwnSite } from './http/own-site.js';
import { limitTime } from './http/patience.js';
import { Logger } from './logging/logger.js';
import { MetricsServer } from './operations/metrics-server.js';
import { serveOpenApi } from './operations/openapi.js';
import { Dashboard, DASHBOARD_PATH } from './queues/dashboard.js';
import { SocketAdapter } from './realtime/socket-adapter.js';
import { startSandbox, type Sandbox } from './sandbox/sandbox.js';

const PAGE_FOLDER = fileURLToPath(new URL('../public', import.meta.url));

/** Starts this process's role, logs its addresses and backends, and shuts down cleanly on a signal. */
export async function start(config: CompleteConfig): Promise<void> {
  const logger = new Logger(config.log);
  const sandbox =
    (config.sandbox.enabled && config.parts.api) || config.role === 'sandbox' ? await openSandbox(config) : undefined;
  if (config.role === 'sandbox') {
    logger.log(`Stand-in platforms at ${sandboxUrl(config)}`, 'Start');
    endOnSignal(logger, async () => sandbox?.close());
    return;
  }
  if (config.redis) logger.log('Initializing Bull queues...', 'Queue');
  const app = await NestFactory.create<NestExpressApplication>(AppModule.forRoot(config), {
    logger,
    abortOnError: false,
    bodyParser: false, // See configureHttp.
    forceCloseConnections: true,
  });
  const site = new OwnSite(config);
  try {
    configureHttp(app, config, site, config.parts.api ? PAGE_FOLDER : undefined, app.get(LargeBodies).count);
    if (config.redis && config.parts.api) app.use(DASHBOARD_PATH, app.get(Dashboard).router());
    if (config.parts.api && config.apiDocs) serveOpenApi(app);
    app.useWebSocketAdapter(new SocketAdapter(app, site));
    await app.init();
    app.use(nothingHere);
    limitTime(app.getHttpServer(), isUpload);
    await app.get(MetricsServer).listen();
    await app.listen(config.port, config.host);
  } catch (error) {
    await app.close();
    await sandbox?.close();
    throw error;
  }
  if (config.redis) {
    logger.log('Bull queues initialized successfully', 'Queue');
    if (config.parts.api) logger.log(`Bull Board initialized at ${DASHBOARD_PATH}`, 'Queue');
  }
  for (const line of startLines(config)) logger.log(line, 'Start');
  endOnSignal(logger, async () => {
    await app.close();
    await sandbox?.close();
  });
}

/** Starts the stand-ins for platforms without credentials, unless another process already serves them on the port. */
async function openSandbox({
  sandbox: { port },
  role,
  host,
  allowedHosts,
}: CompleteConfig): Promise<Sandbox | undefined> {
  try {
    return await startSandbox({ host: role === 'sandbox' ? host : '127.0.0.1', port, allowedHosts });
  } catch (error) {
    if (role !== 'sandbox' && (await isSandbox(port))) return undefined;
    throw Object.assign(error as Error, { variable: 'SANDBOX_PORT' }); // listen() rejects with an Error.
  }
}

async function isSandbox(port: number): Promise<boolean> {
  try {
    const answer = await fetch(`http://127.0.0.1:${port}/sandbox`, { signal: AbortSignal.timeout(2_000) });
    const body: unknown = await answer.json();
    return typeof body === 'object' && body !== null && 'sandbox' in body && body.sandbox === 'soul-signature';
  } catch {
    return false;
  }
}

function sandboxUrl({ sandbox }: CompleteConfig): string {
  return `http://127.0.0.1:${sandbox.port}`;
}

function startLines(config: CompleteConfig): string[] {
  return [
    config.parts.api ? `Open ${config.publicUrl}` : `Worker; health on port ${config.port}`,
    ...(config.metrics.port === undefined ? [] : [`Metrics on port ${config.metrics.port}`]),
    config.database.url === undefined
      ? `Database: embedded PostgreSQL in ${config.dataDir} (set DATABASE_URL to use a server)`
      : `Database: PostgreSQL at ${new URL(config.database.url).host}`,
    config.redis
      ? `Queues: Bull on Redis at ${config.redis.urls.map((url) => new URL(url).host).join(', ')}`
      : 'Queues: synchronous, in this process (set REDIS_URL for Bull and many workers)',
    ...(config.sandbox.enabled
      ? [`Sandbox platforms at ${sandboxUrl(config)}, for platforms without credentials`]
      : []),
  ];
}

/** The first signal shuts down cleanly, a second one exits at once. */
function endOnSignal(logger: Logger, end: () => Promise<unknown>): void {
  let ending = false;
  const onSignal = (signal: NodeJS.Signals): void => {
    if (ending) process.exit(1);
    ending = true;
    logger.log(`${signal}: shutting down; running jobs get time to finish`, 'Start');
    end().then(
      () => process.exit(0),
      (error: unknown) => {
        logger.error(error instanceof Error ? error : String(error), 'Start');
        process.exit(1);
      },
    );
  };
  process.on('SIGTERM', onSignal);
  process.on('SIGINT', onSignal);
}
