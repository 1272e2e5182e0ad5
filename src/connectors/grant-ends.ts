import { Injectable } from '@nestjs/common';
import { Housekeeping } from '../database/housekeeping.js';
import { ConnectionRows } from './connection-rows.js';

/** How many days before a grant ends its person is warned: time enough to come back and give a new one. */
export const ENDING_DAYS = 14;

const CHUNK = 100;

/** Warns people whose grant the provider is about to end: refreshing does not prolong it, only a new consent does. */
@Injectable()
export class GrantEnds {
  constructor(
    private readonly connections: ConnectionRows,
    housekeeping: Housekeeping,
  ) {
    housekeeping.also(() => this.announce());
  }

  /** Warns everybody who has not been warned yet, once each; several processes may do so at the same time. */
  async announce(): Promise<void> {
    for (let warned = CHUNK; warned === CHUNK;) warned = await this.connections.announceEnding(ENDING_DAYS, CHUNK);
  }
}
