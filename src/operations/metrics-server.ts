import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import type { Config } from '../config/config.js';
import { InjectConfig } from '../config/config.module.js';
import { ApiError } from '../http/api-error.js';
import { failureOf, sendFailure } from '../http/failure.js';
import { limitTime } from '../http/patience.js';
import { orBusy } from '../http/server-busy.js';
import { MetricsAccess } from './metrics-access.js';
import { Scrape } from './scrape.js';

/** The metrics on a port of their own (`METRICS_PORT`), which need not be published where the product's is. */
@Injectable()
export class MetricsServer implements OnModuleDestroy {
  private readonly logger = new Logger('Metrics');
  private server: Server | undefined;

  constructor(
    private readonly access: MetricsAccess,
    private readonly scrape: Scrape,
    @InjectConfig() private readonly config: Config,
  ) {}

  /** Listens, if there is a port for it. @throws Error with `variable` when the port is taken */
  async listen(): Promise<void> {
    const { port } = this.config.metrics;
    if (port === undefined) return;
    const server = createServer((request, response) => void this.answer(request, response));
    limitTime(server);
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error) => reject(Object.assign(error, { variable: 'METRICS_PORT' })));
      server.listen(port, this.config.host, resolve);
    });
    this.server = server;
  }

  onModuleDestroy(): void {
    this.server?.close();
    this.server?.closeAllConnections();
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      if (request.method !== 'GET' || request.url?.replace(/\?.*$/, '') !== '/metrics') {
        throw new ApiError(404, 'NOT_FOUND', 'There is only GET /metrics here.');
      }
      this.access.checkOnOwnPort({
        authorization: request.headers.authorization,
        address: request.socket.remoteAddress,
      });
      const text = await this.scrape.text();
      response.setHeader('Content-Type', this.scrape.contentType).end(text);
    } catch (thrown) {
      this.refuse(response, orBusy(thrown));
    }
  }

  private refuse(response: ServerResponse, error: unknown): void {
    if (!(error instanceof ApiError)) this.logger.error(error instanceof Error ? error.message : String(error));
    const failure =
      error instanceof ApiError
        ? failureOf(error)
        : { status: 500, code: 'INTERNAL_ERROR', message: 'The metrics could not be gathered.' };
    sendFailure(response, failure);
  }
}
