import { Injectable } from '@nestjs/common';
import type { Transaction } from '../database/database.js';
import { storableText } from '../database/storable.js';
import { ItemStore } from '../extraction/item-store.js';
import { Listenings, tellingName } from '../extraction/listenings.js';
import type { ExtractedItem } from '../platforms/platform.js';
import type { ArchiveFormat } from './format.js';
import type { ReadRow } from './import-reading.js';
import type { ItemFate } from './receipt.js';

/** Stores the items of rows, and says what became of each. */
@Injectable()
export class ImportStore {
  constructor(
    private readonly items: ItemStore,
    private readonly listenings: Listenings,
  ) {}

  /** @returns what became of each row that is an item, in the order of the rows; undefined for the others */
  async save(
    tx: Transaction,
    { userId, importId }: { readonly userId: string; readonly importId: string },
    rows: readonly ReadRow[],
  ): Promise<(ItemFate | undefined)[]> {
    const told = rows.flatMap(({ entry, outcome }) =>
      'item' in outcome ? [{ format: entry.format, item: outcome.item }] : [],
    );
    const tellings = told.map(({ item }) => item).filter(({ listening }) => listening !== undefined);
    if (told.length > 0) await this.listenings.lock(tx, userId);
    const added = new Set<string>();
    for (const [{ platform, gives, oneKindEach }, items] of byFormat(told)) {
      const of = { userId, platform, source: importId };
      for (const name of await this.items.add(tx, of, items, oneKindEach ? gives : [])) {
        added.add(`${platform} ${name}`);
      }
    }
    const merged = tellings.length > 0 ? await this.listenings.settle(tx, userId, tellings) : new Set<string>();
    return rows.map(({ entry: { format }, outcome }) => {
      if (!('item' in outcome)) return undefined;
      const { kind, listening } = outcome.item;
      const externalId = storableText(outcome.item.externalId);
      // Of two equal rows only the first is new.
      if (!added.delete(`${format.platform} ${kind} ${externalId}`)) return 'alreadyKnown';
      return listening && merged.has(tellingName({ platform: format.platform, kind, externalId }))
        ? 'merged'
        : 'accepted';
    });
  }
}

function byFormat(
  told: readonly { readonly format: ArchiveFormat; readonly item: ExtractedItem }[],
): Map<ArchiveFormat, ExtractedItem[]> {
  const formats = new Map<ArchiveFormat, ExtractedItem[]>();
  for (const { format, item } of told) {
    const items = formats.get(format) ?? [];
    items.push(item);
    formats.set(format, items);
  }
  return formats;
}
