import { get } from './api.js';
import { button, element } from './element.js';
import { count, moment } from './words.js';

const PAGE = 10;

/** What programs did with their tokens, newest first. `load(scopes)` loads the first page; the scopes come with their words. */
export function readLog({ act }) {
  const list = element('ul', { class: 'history' });
  const more = button('Show older', () => act(() => loadFrom(cursor)), { class: 'quiet', hidden: true });
  let cursor = null;
  let words = new Map();

  function row({ program, what, scope, count: times, lastAt }) {
    return element(
      'li',
      { 'data-testid': 'read' },
      element(
        'div',
        {},
        element('p', {}, element('strong', {}, program.name), `: ${words.get(scope) ?? scope}`),
        element(
          'p',
          { class: 'hint' },
          element('time', { datetime: lastAt }, moment(lastAt)),
          ` · ${count(times, 'time')} · `,
          element('code', {}, what),
        ),
      ),
    );
  }

  async function loadFrom(from) {
    const answer = await get(`/api/account/reads?limit=${PAGE}${from ? `&cursor=${encodeURIComponent(from)}` : ''}`);
    const rows = answer.data.map(row);
    if (from) list.append(...rows);
    else list.replaceChildren(...(rows.length > 0 ? rows : [element('li', {}, 'Nothing in the last 90 days.')]));
    cursor = answer.page?.nextCursor ?? null;
    more.hidden = cursor === null;
  }

  return {
    node: element('div', {}, list, more),
    load: (scopes) => {
      words = new Map(scopes.map((each) => [each.scope, each.words]));
      return loadFrom(null);
    },
  };
}
