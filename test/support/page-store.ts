import type { Database } from '../../src/database/database.js';
import { CoverageGaps } from '../../src/extraction/coverage-gaps.js';
import { CursorStore } from '../../src/extraction/cursor-store.js';
import { ItemSources } from '../../src/extraction/item-sources.js';
import { ItemStore } from '../../src/extraction/item-store.js';
import { Listenings } from '../../src/extraction/listenings.js';
import { Listings } from '../../src/extraction/listings.js';
import { PageStore } from '../../src/extraction/page-store.js';

/** A store of pages with all of its parts, without the framework. */
export function pageStoreOf(database: Database): PageStore {
  const listenings = new Listenings();
  return new PageStore(
    new ItemStore(database),
    new CoverageGaps(),
    new CursorStore(database),
    new Listings(),
    listenings,
    new ItemSources(listenings),
  );
}
