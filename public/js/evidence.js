import { get } from './api.js';
import { showError } from './banner.js';
import { button, element } from './element.js';
import { tellerWords } from './tellers.js';
import { count, day, moment, number, spoken, titled } from './words.js';

/**
 * A readable label for a key without one: "portishead" of "artist:portishead", words for a kind of item ("spotify.saved-track").
 */
export function labelOf({ key, label }) {
  const text = String(key ?? '');
  return label ?? (/^[\w-]+\.[\w-]+$/.test(text) ? titled(kindWords(text)) : text.replace(/^[^:]+:/, ''));
}

/** "spotify.saved-track" as "saved track". */
function kindWords(kind) {
  return spoken(kind.split('.').at(-1));
}

/**
 * Rows `{ label, amount, rank, said }`: with amounts as bars, of which `most` is the longest; with ranks alone as a
 * numbered list, because then the platform gave only an order; with neither as names, each with the text `said`.
 */
export function ranking(rows, { words, most }) {
  const counted = rows.some((row) => row.amount !== null);
  const ordered = counted || rows.some((row) => row.rank);
  const plain = ordered ? 'ranking' : 'ranking named';
  return element(
    ordered ? 'ol' : 'ul',
    { class: counted ? 'ranking counted' : plain },
    ...rows.map(({ label, amount, rank, said }) => {
      const bar = element('span', { class: 'rank-bar', 'aria-hidden': 'true' });
      bar.style.inlineSize = `${((amount ?? 0) / most) * 100}%`;
      return element(
        'li',
        {},
        !counted && rank && element('span', { class: 'rank', 'aria-hidden': 'true' }, String(rank)),
        element('span', { class: 'rank-name' }, label),
        counted && element('span', { class: 'rank-amount' }, amount === null ? '' : words(amount)),
        said && element('span', { class: 'rank-amount' }, said),
        counted && bar,
      );
    }),
  );
}

function names(value) {
  if (Array.isArray(value)) return value.map(names).filter(Boolean).join(', ');
  if (value && typeof value === 'object') return names(value.name ?? value.title ?? value.label);
  return value == null ? '' : String(value);
}

/** When it was, as far as that was told: of some things only the day is known. */
function whenWords({ occurredAt }, payload) {
  if (typeof payload.day === 'string') return day(payload.day);
  return occurredAt && moment(occurredAt);
}

/** One extracted item in words; platforms use different fields for names, so the first one found is taken. */
function itemRow(item) {
  const payload = item.payload ?? item;
  const by = names(payload.artists ?? payload.artist ?? payload.by ?? payload.repository ?? payload.channel);
  const title =
    names(payload.title ?? payload.track ?? payload.name ?? payload.label) ||
    by ||
    labelOf({ key: item.key ?? item.externalId ?? item.id });
  const tellers = tellerWords(item);
  return element(
    'li',
    {},
    element('span', {}, title, by && by !== title && element('small', {}, ` ${by}`)),
    element('small', {}, [item.kind && kindWords(item.kind), whenWords(item, payload)].filter(Boolean).join(' · ')),
    tellers && element('small', { class: 'tellers' }, `Told by ${tellers}`),
  );
}

/** Loads the items behind a claim, page by page, when asked. */
function itemPager(address) {
  const list = element('ul', { class: 'items' });
  let cursor = null;
  const more = button(
    'Show the items',
    async () => {
      const url = new URL(address, location.origin);
      if (cursor) url.searchParams.set('cursor', cursor);
      try {
        const answer = await get(url.pathname + url.search);
        const { data } = answer;
        list.append(...(Array.isArray(data) ? data : data.items).map(itemRow));
        cursor = answer.page?.nextCursor ?? null;
        more.textContent = 'Show more items';
        more.hidden = cursor === null;
        if (!list.childElementCount) list.append(element('li', {}, 'These items are no longer kept.'));
      } catch (error) {
        showError(error);
      }
    },
    { class: 'quiet' },
  );
  return [list, more];
}

function basisWords({ n, evidence }, counted) {
  const kinds = (evidence?.kinds ?? []).map(kindWords);
  const items = evidence?.count > 0 ? count(evidence.count, 'item') : null;
  const from = items && kinds.length > 0 ? `${items} (${kinds.join(', ')})` : items;
  const parts = [n > 0 && `${number(n)} ${counted ?? 'observations'}`, from].filter(Boolean);
  return parts.length > 0 ? `It rests on ${parts.join(', seen in ')}.` : null;
}

/** The formula behind a claim, its source and input, from the server's answer; and the window of time it covers. */
function formulaList({ explain, coverage, evidence }) {
  const window = coverage?.from && coverage.to ? `${day(coverage.from)} to ${day(coverage.to)}` : null;
  const rows = [
    ['Formula', explain?.formula],
    ['Source', explain?.source],
    ['Goes in', explain?.inputs],
    ['Window', window && `${window}${coverage.truncated ? ', with what the platform still knows of it' : ''}`],
    ['Items', evidence?.predicateText],
  ].filter(([, said]) => said);
  if (rows.length === 0) return null;
  return element(
    'dl',
    { class: 'formula' },
    ...rows.flatMap(([name, said]) => [element('dt', {}, name), element('dd', {}, said)]),
  );
}

/**
 * What a claim rests on, collapsed: `words` about the method, what it was counted from (`counted` names the
 * unit of `n`), the keys that carry most days, and every item.
 */
export function evidenceDetails(
  claim,
  { summary = 'Why do you say that?', words = null, counted = null, ranked = true },
) {
  const { evidence } = claim;
  const rows = ranked ? (evidence?.top ?? []).map((row) => ({ label: labelOf(row), amount: row.days ?? null })) : [];
  const basis = basisWords(claim, counted);
  const most = Math.max(...rows.map((row) => row.amount ?? 0), 1);
  return element(
    'details',
    { class: 'evidence' },
    element('summary', {}, summary),
    words && element('p', {}, words),
    basis && element('p', {}, basis),
    formulaList(claim),
    rows.length > 1 && element('h4', {}, 'What carries it most'),
    rows.length > 1 && ranking(rows, { words: (amount) => count(amount, 'day'), most }),
    ...(evidence?.page ? itemPager(evidence.page) : []),
  );
}
