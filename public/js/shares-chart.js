import { element } from './element.js';
import { number, percent } from './words.js';

/** Below a tenth a digit more, because there it makes a difference. */
function digits(share) {
  return share < 0.1 ? 1 : 0;
}

/** "47 to 53 %" */
function range([low, high]) {
  const said = digits(low);
  return `${number(low * 100, said)} to ${percent(high, said)}`;
}

/** A share as a bar as long as it is large, and across its end a line from one end of its interval to the other. */
function bar(share, interval, most) {
  const length = (part) => `${Math.min(100, (part / most) * 100)}%`;
  const fill = element('i', { class: 'share-fill' });
  fill.style.inlineSize = length(share);
  if (!interval) return element('span', { class: 'share-bar', 'aria-hidden': 'true' }, fill);
  const [low, high] = interval;
  const whisker = element('i', { class: 'share-whisker' });
  whisker.style.insetInlineStart = length(low);
  whisker.style.inlineSize = length(high - low);
  return element('span', { class: 'share-bar', 'aria-hidden': 'true' }, fill, whisker);
}

function row({ label, share, interval, title }, most) {
  return element(
    'li',
    { class: interval ? null : 'share-rest', title },
    element('span', { class: 'share-name' }, label),
    element(
      'span',
      { class: 'share-amount' },
      percent(share, digits(share)),
      interval && element('small', {}, ` ${range(interval)}`),
    ),
    bar(share, interval, most),
  );
}

/** Parts of a whole, largest first, each with its interval; what is missing to the whole stands in a last line. */
export function sharesChart(shares, { label, counted }) {
  const most = Math.max(...shares.map(({ interval, share }) => interval?.[1] ?? share), Number.EPSILON);
  const rest = 1 - shares.reduce((sum, { share }) => sum + share, 0);
  const rows = shares.map((part) =>
    row({ ...part, title: part.repoDays > 0 && counted ? `${number(part.repoDays)} ${counted}` : null }, most),
  );
  if (rest >= 0.005) rows.push(row({ label: 'Smaller ones together', share: rest }, most));
  return element('ol', { class: 'shares', 'aria-label': label }, ...rows);
}
