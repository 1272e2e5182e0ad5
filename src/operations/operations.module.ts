import { Module } from '@nestjs/common';
import { HealthController } from './health.controller.js';
import { MetricsAccess } from './metrics-access.js';
import { MetricsController } from './metrics.controller.js';
import { MetricsServer } from './metrics-server.js';
import { Scrape } from './scrape.js';

/** Health and metrics, which every process serves to its operator. */
@Module({ controllers: [HealthController, MetricsController], providers: [Scrape, MetricsAccess, MetricsServer] })
export class OperationsModule {}
