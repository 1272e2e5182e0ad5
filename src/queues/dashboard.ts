import { createBullBoard } from '@bull-board/api';
import { ExpressAdapter } from '@bull-board/express';
import { getQueueToken } from '@nestjs/bull';
import { Injectable } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import type { Queue } from 'bull';
import { Router, type Express, type Request, type Response } from 'express';
import { AdminActions } from '../auth/admin-actions.js';
import { Admission } from '../auth/admission.js';
import { PasswordGuesses } from '../auth/password-guesses.js';
import { RequestLimits } from '../auth/request-limits.js';
import { sameSecret } from '../auth/same-secret.js';
import type { Config } from '../config/config.js';
import { InjectConfig } from '../config/config.module.js';
import { ApiError } from '../http/api-error.js';
import { isLoopbackRequest } from '../http/loopback.js';
import { DeadLetters } from './dead-letters.js';
import { JobBoard } from './job-board.js';
import { LedgerBoardAdapter } from './ledger-board-adapter.js';
import { QUEUE_NAMES } from './jobs.js';
import { QueuePause } from './queue-pause.js';

export const DASHBOARD_PATH = '/api/queues/dashboard';

/** The board may load its own files only (it would fetch fonts from the internet), and no page may frame it. */
const CONTENT_SECURITY_POLICY =
  "default-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; object-src 'none'; base-uri 'self'; frame-ancestors 'none'";

/**
 * Bull Board for operators. It is express middleware, which Nest's guards do not reach, so it checks access itself, for
 * static files too.
 */
@Injectable()
export class Dashboard {
  constructor(
    private readonly moduleRef: ModuleRef,
    private readonly board: JobBoard,
    private readonly deadLetters: DeadLetters,
    private readonly pauses: QueuePause,
    private readonly admission: Admission,
    private readonly guesses: PasswordGuesses,
    private readonly limits: RequestLimits,
    private readonly adminActions: AdminActions,
    @InjectConfig() private readonly config: Config,
  ) {}

  /** The board with its access check, to be mounted at `DASHBOARD_PATH`. */
  router(): Router {
    const serverAdapter = new ExpressAdapter();
    serverAdapter.setBasePath(DASHBOARD_PATH);
    const services = { board: this.board, deadLetters: this.deadLetters, pauses: this.pauses };
    createBullBoard({
      queues: QUEUE_NAMES.map(
        (name) =>
          new LedgerBoardAdapter(name, this.moduleRef.get<Queue>(getQueueToken(name), { strict: false }), services),
      ),
      serverAdapter,
      options: { uiConfig: { boardTitle: 'Soul Signature' } },
    });
    return Router().use(
      (request, response, next) => {
        this.door(request, response).then(() => next(), next);
      },
      (serverAdapter.getRouter() as Express).disable('x-powered-by'),
    );
  }

  private async door(request: Request, response: Response): Promise<void> {
    if (request.method !== 'GET' && this.comesFromElsewhere(request)) {
      throw new ApiError(403, 'FORBIDDEN', 'The dashboard accepts no changes from other sites.');
    }
    const [scheme = '', credentials = ''] = (request.headers.authorization ?? '').split(/ +/, 2);
    if (scheme.toLowerCase() === 'bearer' || (scheme === '' && (await this.admission.isOperator(request)))) {
      await this.admission.admit(request, response, { admin: true, mount: DASHBOARD_PATH });
    } else {
      await this.admitWithoutToken(request, response, scheme.toLowerCase() === 'basic' ? credentials : undefined);
    }
    response.setHeader('Content-Security-Policy', CONTENT_SECURITY_POLICY);
  }

  /**
   * Whether another site's page sent this request from an operator's browser, which adds the password by itself.
   * Browsers send `Sec-Fetch-Site` to https and loopback addresses only, but `Origin` with every write.
   */
  private comesFromElsewhere(request: Request): boolean {
    const site = request.get('sec-fetch-site') ?? 'none';
    const origin = request.get('origin');
    const own = (address: string) =>
      address === new URL(this.config.publicUrl).origin ||
      (URL.canParse(address) && new URL(address).host === request.headers.host);
    return !['same-origin', 'none'].includes(site) || (origin !== undefined && !own(origin));
  }

  /** Admits by the password, in development without one by a local address. */
  private async admitWithoutToken(request: Request, response: Response, basic: string | undefined): Promise<void> {
    const { production, dashboardPassword } = this.config;
    let credential: string | undefined;
    if (dashboardPassword === undefined) {
      if (!production && isLoopbackRequest(request)) credential = 'this machine';
    } else if (basic !== undefined) {
      const guess = Buffer.from(basic, 'base64').toString('utf8');
      const isRight = () => sameSecret(guess, `admin:${dashboardPassword}`);
      if (await this.guesses.check(request.ip, guess, isRight)) credential = 'password';
    }
    if (credential === undefined) {
      this.limits.takeForAddress(request.ip);
      response.setHeader('WWW-Authenticate', 'Basic realm="Soul Signature queues", charset="UTF-8"');
      throw new ApiError(401, 'UNAUTHORIZED', 'Sign in as admin with DASHBOARD_PASSWORD, or send an admin token.');
    }
    if (request.method !== 'GET') {
      this.adminActions.noteAtEnd(request, response, { credential, mount: DASHBOARD_PATH });
    }
  }
}
