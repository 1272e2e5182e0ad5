import { Controller, Get, Req, Res } from '@nestjs/common';
import type { Request, Response } from 'express';
import { PublicUnlimited } from '../auth/auth.guard.js';
import { MetricsAccess } from './metrics-access.js';
import { Scrape } from './scrape.js';

/** For Prometheus, outside `/api`, unless the metrics have a port of their own. */
@Controller('metrics')
export class MetricsController {
  constructor(
    private readonly access: MetricsAccess,
    private readonly scrape: Scrape,
  ) {}

  @PublicUnlimited() // The access counts.
  @Get()
  async show(@Req() request: Request, @Res() response: Response): Promise<void> {
    this.access.checkOnMainPort({ authorization: request.headers.authorization, address: request.ip });
    response.setHeader('Content-Type', this.scrape.contentType).send(await this.scrape.text());
  }
}
