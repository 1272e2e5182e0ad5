import { Injectable } from '@nestjs/common';
import type { Transaction } from '../database/database.js';

/** Deletes in the given transaction what a module holds of a user's platform. */
export type DataEraser = (tx: Transaction, userId: string, platform: string) => Promise<void>;

/**
 * What deletes the data of a platform when its person disconnects and asks for that. Modules above register theirs, so
 * that nothing is imported upwards.
 */
@Injectable()
export class PlatformDataErasers {
  private readonly erasers: DataEraser[] = [];

  register(eraser: DataEraser): void {
    this.erasers.push(eraser);
  }

  async erase(tx: Transaction, userId: string, platform: string): Promise<void> {
    for (const erase of this.erasers) await erase(tx, userId, platform);
  }
}
