import type { UnknownFacet } from '../soul-signature/document/facet.js';
import { unknownOf } from './unknowns.js';

const short = (reason: string, have: number, need: number, unit: string) =>
  ({ status: 'unknown', reason, have, need, unit }) as UnknownFacet;
const state = (reason: string, kinds: readonly string[] | null = null) =>
  ({ status: 'unknown', reason, restsOn: [{ what: 'items', platform: null, kinds }] }) as UnknownFacet;

describe('What an assistant is told of the unknown', () => {
  it.each([
    [short('too_few_days', 3, 30, 'days with plays'), '27 more days with plays would make it known.'],
    [short('too_few_items', 10, 10, 'titles'), 'More would make it known.'],
    [short('history_too_short', 3, 8, 'whole weeks'), '5 more whole weeks would make it known.'],
    [
      short('history_too_short', 3, 8, 'active days'),
      'The days lie too close together. A longer look back would make it known.',
    ],
    [
      state('not_connected', ['commit', 'post']),
      'Connect GitHub, or import its archive: this needs items of the kind commit or post.',
    ],
    [state('policy'), 'GitHub does not allow estimates from its data.'],
    [state('no_time_zone'), 'The person has set no time zone. They can set it in their settings.'],
  ])('says of %j: %s', (facet, words) => {
    const claim = unknownOf('rhythms.peak@github', facet);
    expect(claim).toMatchObject({ key: 'rhythms.peak@github', reason: facet.reason, words });
  });

  it('names no platform where it is about several', () => {
    expect(unknownOf('taste.breadth', state('field_absent')).words).toBe('The platform does not tell what this needs.');
  });
});
