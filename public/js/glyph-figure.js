import { saveFile } from './save-file.js';
import { button, element } from './element.js';
import { glyph, glyphWords, PAGE } from './glyph.js';

/** SVG text of our own making as an element. */
function drawn(text) {
  return document.importNode(new DOMParser().parseFromString(text, 'image/svg+xml').documentElement, true);
}

/** The glyph with a button that downloads it as a file. */
export function glyphFigure(signature, titleOf) {
  const sign = drawn(glyph(signature, PAGE));
  sign.setAttribute('role', 'img');
  sign.setAttribute('aria-label', glyphWords(signature, titleOf));
  sign.setAttribute('data-testid', 'glyph');
  return element(
    'figure',
    { class: 'glyph' },
    sign,
    element(
      'figcaption',
      {},
      element('span', {}, 'Spokes: your hours. Rings: platforms, a petal for every seven active days.'),
      button(
        'Keep it',
        async () =>
          saveFile(new Blob([glyph(signature)], { type: 'image/svg+xml' }), `soul-signature-${signature.version}.svg`),
        { class: 'quiet', 'aria-label': 'Keep it: download your sign as SVG', 'data-testid': 'glyph-download' },
      ),
    ),
  );
}
