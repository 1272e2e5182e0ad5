import { Module } from '@nestjs/common';
import { HealthController } from './health.controller.js';
import { MetricsController } from './metrics.controller.js';

/** Health and metrics, which every process serves to its operator. */
@Module({ controllers: [HealthController, MetricsController] })
export class OperationsModule {}
