/** Share of an extraction that is done when `fraction` of a section is, given what was reported before: it never falls. */
export type SectionProgress<Section extends string> = (section: Section, fraction: number, before: number) => number;

/**
 * Progress over sections that are read in this order, after a profile that weighs 1. A weight is roughly the number of
 * requests a section takes in a long-used account; one that is not named weighs 1.
 */
export function sectionProgress<Section extends string>(
  sections: readonly Section[],
  weights: Readonly<Partial<Record<Section, number>>>,
): SectionProgress<Section> {
  const weightOf = (section: Section) => weights[section] ?? 1;
  const weightBefore = (count: number) => sections.slice(0, count).reduce((sum, name) => sum + weightOf(name), 1);
  const whole = weightBefore(sections.length);
  return (section, fraction, before) => {
    const share = (weightBefore(sections.indexOf(section)) + weightOf(section) * Math.min(fraction, 1)) / whole;
    return Math.max(before, Math.min(share, 1));
  };
}
