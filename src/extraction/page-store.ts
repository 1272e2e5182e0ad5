import { Injectable } from '@nestjs/common';
import type { PlatformData } from '../connectors/platform-data-erasers.js';
import type { Transaction } from '../database/database.js';
import type { ExtractedItem, ExtractionPage, Listing, Platform } from '../platforms/platform.js';
import { CoverageGaps } from './coverage-gaps.js';
import { CursorStore } from './cursor-store.js';
import { ItemSources } from './item-sources.js';
import { ItemStore } from './item-store.js';
import { CONNECTION } from './item-versions.js';
import { Listenings } from './listenings.js';
import { Listings, type GoneItems } from './listings.js';

/** Stores pages of an extraction: their items, cursors, coverage gaps, and which items are gone. */
@Injectable()
export class PageStore implements PlatformData {
  constructor(
    private readonly items: ItemStore,
    private readonly gaps: CoverageGaps,
    private readonly cursors: CursorStore,
    private readonly listings: Listings,
    private readonly listenings: Listenings,
    private readonly sources: ItemSources,
  ) {}

  /**
   * Stores consecutive pages; call it in the transaction that stores the checkpoint of the last one.
   * @throws ManyGone when more is gone from a list than is marked at once
   */
  async save(
    tx: Transaction,
    userId: string,
    platform: Pick<Platform, 'name' | 'polling'>,
    pages: readonly ExtractionPage[],
  ): Promise<void> {
    const of = { userId, platform: platform.name };
    if (pages.some(({ forgetsCursors }) => forgetsCursors)) await this.cursors.erase(tx, userId, platform.name);
    const items = pages.flatMap((page) => page.items);
    const tellings = items.filter(({ listening }) => listening !== undefined);
    // Before any item is locked: whoever takes tellings out locks in this order.
    if (tellings.length > 0) await this.listenings.lock(tx, userId);
    for (const { listing, items } of joined(pages)) await this.listings.note(tx, of, listing, items);
    await this.items.upsert(tx, userId, platform.name, items);
    if (tellings.length > 0) await this.listenings.settle(tx, userId, tellings);
    for (const { items } of pages) await this.gaps.note(tx, userId, platform, items);
    const cursors = Object.assign({}, ...pages.map((page) => page.cursors ?? {})) as NonNullable<
      ExtractionPage['cursors']
    >;
    await this.cursors.save(tx, userId, platform.name, cursors);
  }

  /** Marks items that are gone from a platform. */
  markGone(tx: Transaction, userId: string, platform: string, gone: GoneItems): Promise<void> {
    return this.listings.mark(tx, { userId, platform }, gone);
  }

  /** How many items the connection of a user's platform has told, counted no further than `atMost`. */
  count(tx: Transaction, userId: string, platform: string, atMost?: number): Promise<number> {
    return this.sources.count(tx, { userId, platform, source: CONNECTION }, atMost);
  }

  /**
   * Deletes what was extracted of a user's platform: at most so many items, and with the first of them what the next
   * extraction would go on from, because from then on it has to read everything. What an archive has told stays.
   * @returns how many items; fewer than `atMost` when nothing is left
   */
  async erase(tx: Transaction, userId: string, platform: string, atMost: number): Promise<number> {
    for (const store of [this.gaps, this.cursors, this.listings]) await store.erase(tx, userId, platform);
    const { rows } = await this.sources.takeOut(tx, { userId, platform, source: CONNECTION }, atMost);
    return rows;
  }
}

interface Listed {
  readonly listing: Listing;
  readonly items: readonly ExtractedItem[];
}

/** Consecutive pages of the same list as one. */
function joined(pages: readonly ExtractionPage[]): Listed[] {
  const lists: Listed[] = [];
  for (const { listing, items } of pages) {
    if (!listing) continue;
    const before = lists.at(-1);
    const goesOn =
      before && !listing.begins && before.listing.kind === listing.kind && before.listing.within === listing.within;
    if (goesOn) {
      lists[lists.length - 1] = {
        listing: { ...listing, begins: before.listing.begins },
        items: [...before.items, ...items],
      };
    } else {
      lists.push({ listing, items });
    }
  }
  return lists;
}
