import { LABELLED_TAGS } from '../../../test/support/labelled-tags.js';
import { conceptsOf, isSensitive, labelOfConcept } from './themes.js';

const tags = Object.entries(LABELLED_TAGS);

describe('the table of themes', () => {
  it('is right in nine of ten themes that it gives, by a careful reader’s labels', () => {
    const given = tags.flatMap(([tag, labels]) =>
      conceptsOf(tag, true).map((concept) => ({ tag, concept, right: labels.includes(concept) })),
    );
    const right = given.filter((one) => one.right).length;
    const labelled = tags.reduce((sum, [, labels]) => sum + labels.length, 0);
    const wrong = given.filter((one) => !one.right).map(({ tag, concept }) => `${tag} → ${concept}`);
    const missed = tags.flatMap(([tag, labels]) =>
      labels.filter((label) => !conceptsOf(tag, true).includes(label)).map((label) => `${tag} → ${label}`),
    );
    console.log(
      `themes of ${tags.length} tags: precision ${right}/${given.length} = ${(right / given.length).toFixed(3)}, ` +
        `recall ${right}/${labelled} = ${(right / labelled).toFixed(3)}; wrong: ${wrong.join(', ') || 'none'}; missed: ${missed.join(', ')}`,
    );
    expect(right / given.length).toBeGreaterThanOrEqual(0.9);
    expect(given.length).toBeGreaterThanOrEqual(100);
  });

  it('knows every theme that the labels name', () => {
    for (const concept of new Set(tags.flatMap(([, labels]) => labels))) {
      expect(labelOfConcept(concept)).not.toBe(concept);
    }
  });

  it('says what is sensitive only on request', () => {
    const sensitive = tags.filter(([tag]) => conceptsOf(tag, true).some(isSensitive));
    expect(sensitive.length).toBeGreaterThanOrEqual(10);
    for (const [tag] of tags) expect(conceptsOf(tag).filter(isSensitive)).toEqual([]);
  });
});
