import { platformTitle } from '../../platforms/platform-titles.js';
import type { Fact } from '../document/fact.js';
import { factEvidence, itemsOf, type FactBuilder } from './fact.js';

const KINDS = ['followed-artist', 'top-artist'];

/** Artists the person follows though no top list has ever named them: kept, and not played most. */
export const followedUnranked: FactBuilder = (statistics) =>
  statistics.follows
    .filter(({ unranked }) => unranked > 0)
    .map(({ platform, followed, unranked, artists }): Fact => {
      const count = itemsOf(statistics, platform, KINDS);
      return {
        key: `followed_unranked@${platform}`,
        platform,
        title: 'Followed, yet never in a top list',
        kind: 'list',
        source: { label: 'compared by us', kinds: KINDS.map((kind) => `${platform}.${kind}`), count },
        note: `${unranked} of the ${followed} artists you follow are in none of ${platformTitle(platform)}’s top lists that we have read. In the order of their names.`,
        evidence: factEvidence(
          platform,
          KINDS,
          count,
          artists.map(({ key, label, item }) => ({ key, label, days: null, items: [item] })),
        ),
        unit: null,
        entries: artists.map(({ key, label, item }) => ({ rank: null, key, label, items: [item] })),
      };
    });
