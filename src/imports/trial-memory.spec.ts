import { spotifyExtended } from './formats/spotify-extended.js';
import type { ReadRow } from './import-reading.js';
import { TrialMemory } from './trial-memory.js';

const HOUR_MS = 3_600_000;

/** A telling of a listening, some hours after the first. */
function telling(hour: number, told: 'span' | 'minute' = 'span'): ReadRow {
  const at = hour * HOUR_MS;
  const item = {
    ...{
      kind: 'play',
      externalId: `track@${at}`,
      key: null,
      occurredAt: new Date(at),
      timeMeaning: 'user_act' as const,
    },
    ...{ payload: { name: 'A title' }, listening: { title: 'a title', from: at, to: at, told } },
  };
  return { entry: { format: spotifyExtended } as ReadRow['entry'], row: 1, outcome: { item } };
}

describe('the memory of a trial', () => {
  const accepted = (rows: readonly ReadRow[]) => rows.map(() => 'accepted' as const);
  const hoursOf = (rows: readonly ReadRow[]) =>
    rows.map(({ outcome }) => ('item' in outcome ? (outcome.item.occurredAt?.getTime() ?? 0) / HOUR_MS : undefined));

  it('knows what came before, and gives it back where something else is told', () => {
    const memory = new TrialMemory();
    const first = [telling(10), telling(11), telling(30)];
    expect(memory.around(first)).toEqual([]);
    expect(memory.corrected(first, accepted(first))).toEqual(accepted(first));
    // A listening of six hours may be told by its start and by its end.
    expect(hoursOf(memory.around([telling(17)]))).toEqual([11]);
    expect(hoursOf(memory.around([telling(10.5), telling(30.9)]))).toEqual([10, 11, 30]);
    const second = [telling(10), telling(12)];
    expect(memory.corrected(second, accepted(second))).toEqual(['alreadyKnown', 'accepted']);
    expect(memory.isEstimate).toBe(false);
  });

  it.each([
    ['so many listenings of one source: each counts', { tellings: 1 }, [telling(1), telling(2)], false],
    ['so many listenings of several sources', { tellings: 1 }, [telling(1), telling(2, 'minute')], true],
    ['so many items', { items: 1 }, [telling(1), telling(2)], true],
  ])('says when it has forgotten something that counts: %s', (_, bounds, rows, isEstimate) => {
    const memory = new TrialMemory({ items: 10, tellings: 10, tellingsAtOnce: 10, ...bounds });
    memory.corrected(rows, accepted(rows));
    expect(memory.isEstimate).toBe(isEstimate);
  });
});
