import { createHash } from 'node:crypto';
import { storableText } from '../database/storable.js';
import { AROUND_MS } from '../extraction/listenings.js';
import type { ReadRow } from './import-reading.js';
import type { ItemFate } from './receipt.js';

const HOUR_MS = 3_600_000;

/** How far apart tellings of one listening may be. */
const AROUND_HOURS = Math.ceil(AROUND_MS / HOUR_MS);

/** How much of a trial is remembered: 40 MB of items, 40 MB of tellings, and so many tellings that are stored again at once. */
const BOUNDS = { items: 1_000_000, tellings: 100_000, tellingsAtOnce: 5_000 };

/**
 * What a trial has read. Its batches are taken back one by one, so an equal row in a later batch would seem new again, and
 * a listening that both tell would not be found. Items are remembered by 48 bits of a hash; tellings of listenings with
 * what it takes to store them again.
 */
export class TrialMemory {
  private readonly seen = new Set<number>();
  private readonly tellingsByHour = new Map<number, ReadRow[]>();
  private tellings = 0;
  /** Who has told listenings, and how exactly: nobody's own tellings are ever one. */
  private readonly tellers = new Set<string>();
  private hasMerged = false;
  private hasForgottenItems = false;
  private hasForgottenTellings = false;

  constructor(private readonly bounds = BOUNDS) {}

  /** Whether there were more than are remembered, so that the import may tell new, known and merged rows apart otherwise. */
  get isEstimate(): boolean {
    return this.hasForgottenItems || (this.hasForgottenTellings && (this.hasMerged || this.tellers.size > 1));
  }

  /** Tellings of earlier batches around the times of these rows. They have to be there when these are stored. */
  around(rows: readonly ReadRow[]): ReadRow[] {
    const hours = new Set<number>();
    for (const { outcome } of rows) {
      const hour = hourOf(outcome);
      if (hour === undefined) continue;
      for (let near = hour - AROUND_HOURS; near <= hour + AROUND_HOURS; near += 1) hours.add(near);
    }
    const around = [...hours].flatMap((hour) => this.tellingsByHour.get(hour) ?? []);
    if (around.length > this.bounds.tellingsAtOnce) this.hasForgottenTellings = true;
    return around.slice(0, this.bounds.tellingsAtOnce);
  }

  /** What became of the rows of a batch, if the batches before had stayed. They are remembered. */
  corrected(rows: readonly ReadRow[], fates: readonly (ItemFate | undefined)[]): (ItemFate | undefined)[] {
    return rows.map((row, n) => {
      const fate = fates[n];
      if (fate === 'merged') this.hasMerged = true;
      if (fate === undefined || fate === 'alreadyKnown') return fate;
      if (this.isKnown(row)) return 'alreadyKnown';
      this.rememberTelling(row);
      return fate;
    });
  }

  private isKnown({ entry, outcome }: ReadRow): boolean {
    if (!('item' in outcome)) return false;
    const { kind, externalId } = outcome.item;
    const name = JSON.stringify([entry.format.platform, kind, storableText(externalId)]);
    const hash = createHash('md5').update(name).digest().readUIntBE(0, 6);
    if (this.seen.has(hash)) return true;
    if (this.seen.size < this.bounds.items) this.seen.add(hash);
    else this.hasForgottenItems = true;
    return false;
  }

  private rememberTelling({ entry, row, outcome }: ReadRow): void {
    const hour = hourOf(outcome);
    if (hour === undefined || !('item' in outcome)) return;
    const { kind, externalId, occurredAt, timeMeaning, listening } = outcome.item;
    this.tellers.add(`${listening?.told ?? ''} ${entry.format.platform}`);
    if (this.tellings >= this.bounds.tellings) {
      this.hasForgottenTellings = true;
      return;
    }
    this.tellings += 1;
    const told = this.tellingsByHour.get(hour) ?? [];
    this.tellingsByHour.set(hour, told);
    told.push({
      entry,
      row,
      outcome: { item: { kind, externalId, key: null, occurredAt, timeMeaning, payload: {}, listening } },
    });
  }
}

/** The hour of a telling of a listening; undefined for other rows. */
function hourOf(outcome: ReadRow['outcome']): number | undefined {
  if (!('item' in outcome)) return undefined;
  const { listening, occurredAt } = outcome.item;
  return listening && occurredAt ? Math.floor(occurredAt.getTime() / HOUR_MS) : undefined;
}
