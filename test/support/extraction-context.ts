import type { ExtractionContext } from '../../src/platforms/platform.js';

/** The context of a run that platforms get, by default of a whole one, the first of its account. */
export function contextOf(told: Partial<ExtractionContext> & Pick<ExtractionContext, 'now'>): ExtractionContext {
  return { scope: 'all', cursors: new Map(), relistMs: 7 * 86_400_000, bounds: {}, ...told };
}
