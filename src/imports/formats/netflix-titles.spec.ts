import { seriesOf } from './netflix-titles.js';

describe('The series that a title on Netflix is of', () => {
  it('stands before the season, in any language', () => {
    expect(seriesOf('Dark: Season 1: Secrets')).toBe('Dark');
    expect(seriesOf('Dark : Saison 1 : Secrets')).toBe('Dark');
    expect(seriesOf('Dark: Staffel 1: Geheimnisse')).toBe('Dark');
    expect(seriesOf('暗黑：第 1 季：秘密')).toBe('暗黑');
    expect(seriesOf('Stranger Things: Stranger Things 4: Chapter One: The Club')).toBe('Stranger Things');
    expect(seriesOf("The Queen's Gambit: Limited Series: Openings")).toBe("The Queen's Gambit");
  });

  it('keeps its own colons', () => {
    expect(seriesOf('Fullmetal Alchemist: Brotherhood: Season 1: One Is All')).toBe('Fullmetal Alchemist: Brotherhood');
    expect(seriesOf('Archive 81: Season 1: Mystery Signals')).toBe('Archive 81');
  });

  it('is the first part where none names a season', () => {
    expect(seriesOf('Space Force: The Launch: Part One')).toBe('Space Force');
  });

  it('has no blanks around it, and none around its parts', () => {
    expect(seriesOf('Dark \t:  : Secrets： \u3000：Season 1: Lies')).toBe('Dark: Secrets');
    expect(seriesOf('Dark: Season 1:Lies')).toBeNull();
  });

  it('is none for a film, also with a colon in its name', () => {
    expect(seriesOf('Mission: Impossible')).toBeNull();
    expect(seriesOf('2:22')).toBeNull();
    expect(seriesOf('Heat')).toBeNull();
    expect(seriesOf('::: :')).toBeNull();
  });
});
