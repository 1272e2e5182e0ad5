import type { Facet } from '../document/facet.js';
import { comparableThemes, rarityOf } from './theme-rarity.js';

const themed = (...themes: readonly string[]) =>
  ({
    status: 'known',
    shape: 'themes',
    value: { themes: themes.map((theme) => ({ key: `theme:${theme}` })) },
  }) as unknown as Facet;
const facets = {
  'interests.salience@github': themed('rust', 'jazz', 'politics'),
  'interests.salience@spotify': themed('jazz'),
  'interests.salience@youtube': themed('film'),
  'interests.resonance': themed('jazz', 'sport'),
};
const among = (others: number, holders: number) =>
  rarityOf({ 'interests.salience@github': themed('jazz') }, { others, holders: { 'theme:jazz': holders } })[
    'theme:jazz'
  ];

describe('how rare a theme is', () => {
  it('is asked of what is shown on platforms that may be compared, and of nothing sensitive', () => {
    expect(comparableThemes(facets)).toEqual(['theme:jazz', 'theme:rust']);
    expect(comparableThemes({ 'interests.salience@youtube': themed('film') })).toBeUndefined();
    expect(Object.keys(rarityOf(facets, null))).toEqual(['theme:jazz', 'theme:rust']);
  });

  it('is unknown below fifty others', () => {
    expect(among(49, 20)).toMatchObject({ status: 'unknown', reason: 'population_too_small', have: 49, need: 50 });
    expect(rarityOf(facets, null)['theme:rust']).toMatchObject({ reason: 'population_too_small', have: 0 });
  });

  it('is fewer than 1 in 10 for a tenth of a hundred or more, and never says a number below ten people', () => {
    expect(among(200, 19)).toEqual({
      status: 'known',
      kind: 'fewer_than',
      oneIn: 10,
      text: 'fewer than 1 in 10',
      others: 200,
    });
    expect(among(200, 0)).toEqual(among(200, 19));
    expect(among(200, 20)).toMatchObject({ kind: 'about', tenths: 1, text: 'about 1 in 10' });
    expect(among(57, 9)).toMatchObject({ text: 'fewer than 1 in 5', others: 50 });
    expect(among(57, 0)).toEqual(among(57, 9));
    expect(among(57, 10)).toMatchObject({ text: 'about 2 in 10' });
  });

  it('is never said falsely, whatever the numbers', () => {
    for (let others = 50; others <= 400; others += 7) {
      for (let holders = 0; holders <= others; holders++) {
        const rarity = among(others, holders);
        if (rarity?.status !== 'known') throw new Error('known from fifty on');
        if (rarity.kind === 'fewer_than') expect(holders * rarity.oneIn).toBeLessThan(others);
        else {
          expect(holders).toBeGreaterThanOrEqual(10);
          expect(Math.abs(holders / others - rarity.tenths / 10)).toBeLessThanOrEqual(0.05 + 1e-9);
        }
      }
    }
  });
});
