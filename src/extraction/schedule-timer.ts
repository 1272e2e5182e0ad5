import { Injectable, Logger, type OnApplicationBootstrap, type OnModuleDestroy } from '@nestjs/common';
import { describeError } from '../queues/errors.js';
import { Schedules } from './schedules.js';

const EVERY_MS = 30_000;

/** Starts due schedules every 30 s. It runs in every process with workers; row locks keep them from starting one twice. */
@Injectable()
export class ScheduleTimer implements OnApplicationBootstrap, OnModuleDestroy {
  private readonly logger = new Logger('Queue');
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private stopped = false;

  constructor(private readonly schedules: Schedules) {}

  onApplicationBootstrap(): void {
    this.next();
  }

  async onModuleDestroy(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.running;
  }

  private next(): void {
    if (this.stopped) return;
    const look = () => {
      this.running = this.look();
    };
    this.timer = setTimeout(look, EVERY_MS * (0.9 + 0.2 * Math.random()));
    this.timer.unref();
  }

  private async look(): Promise<void> {
    try {
      await this.schedules.start(new Date());
    } catch (error) {
      this.logger.warn(`Due schedules could not be started: ${describeError(error).message}`);
    }
    this.next();
  }
}
