import { Module } from '@nestjs/common';
import { HealthController } from './health.controller.js';
import { MetricsController } from './metrics.controller.js';

/** What every process shows to whoever runs it. */
@Module({ controllers: [HealthController, MetricsController] })
export class OperationsModule {}
