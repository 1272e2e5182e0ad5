import { Injectable } from '@nestjs/common';
import type { Transaction } from '../database/database.js';
import type { ExtractionPage, Platform } from '../platforms/platform.js';
import { CoverageGaps } from './coverage-gaps.js';
import { CursorStore } from './cursor-store.js';
import { ItemStore } from './item-store.js';
import { Listings } from './listings.js';

/** Stores a page of an extraction and everything that follows from it. */
@Injectable()
export class PageStore {
  constructor(
    private readonly items: ItemStore,
    private readonly gaps: CoverageGaps,
    private readonly cursors: CursorStore,
    private readonly listings: Listings,
  ) {}

  /** Call it in the transaction that stores the page's checkpoint. */
  async save(
    tx: Transaction,
    userId: string,
    platform: Pick<Platform, 'name' | 'polling'>,
    { items, listing, cursors, forgetsCursors }: ExtractionPage,
  ): Promise<void> {
    if (forgetsCursors) await this.cursors.erase(tx, userId, platform.name);
    if (listing) await this.listings.note(tx, { userId, platform: platform.name }, listing, items);
    await this.items.upsert(tx, userId, platform.name, items);
    await this.gaps.note(tx, userId, platform, items);
    if (cursors) await this.cursors.save(tx, userId, platform.name, cursors);
  }

  /** Forgets all that was stored. */
  async erase(tx: Transaction, userId: string, platform: string): Promise<void> {
    for (const store of [this.items, this.gaps, this.cursors, this.listings]) await store.erase(tx, userId, platform);
  }
}
