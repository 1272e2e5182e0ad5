import type { ExtractionContext } from '../../src/platforms/platform.js';

/** What a platform is told of a run, where a test says nothing else: a whole one, the first of its account. */
export function contextOf(told: Partial<ExtractionContext> & Pick<ExtractionContext, 'now'>): ExtractionContext {
  return { scope: 'all', cursors: new Map(), relistMs: 7 * 86_400_000, bounds: {}, ...told };
}
