import { button, element } from './element.js';
import { fileName, filesWords, kindWords, notReadWords, skippedWords, unreadWords } from './import-words.js';
import { count, day, listed, moment, number } from './words.js';

/** How many names of files are listed that are not read for the same reason. */
const NAMED = 5;

const sum = (reasons) => Object.values(reasons).reduce((total, { count: rows }) => total + rows, 0);

/** "2 March 2024 to 29 November 2026", or one day; null where nothing has a time. */
export function rangeWords(range) {
  if (!range) return null;
  const [from, to] = [day(range.from), day(range.to)];
  return from === to ? from : `${from} to ${to}`;
}

function line(words, amount, hint, attributes = {}) {
  return element(
    'tr',
    amount > 0 ? attributes : { ...attributes, class: 'none' },
    element('th', { scope: 'row' }, words, amount > 0 && hint && element('small', {}, hint)),
    element('td', {}, number(amount)),
  );
}

/** The lines of the reasons, the most frequent first, each with the place of its first row. */
function reasonLines(reasons, words) {
  return Object.entries(reasons)
    .sort(([, a], [, b]) => b.count - a.count)
    .map(([code, { count: rows, example }]) => {
      const place =
        example && `${rows > 1 ? 'the first in' : 'in'} ${fileName(example.entry)}, row ${number(example.row)}`;
      return line(words(code), rows, place, { class: 'reason', 'data-reason': code });
    });
}

/** Every row of the files in exactly one line; the last line is their sum. */
function receiptTable({ read, accepted, alreadyKnown, merged, skipped, unread }) {
  const [left, broken] = [sum(skipped), sum(unread)];
  return element(
    'table',
    { class: 'receipt', 'data-testid': 'receipt' },
    element('caption', { class: 'unseen' }, 'What became of each row'),
    element(
      'thead',
      {},
      element('tr', {}, element('th', { scope: 'col' }, 'What became of it'), element('th', { scope: 'col' }, 'Rows')),
    ),
    element(
      'tbody',
      {},
      line('New', accepted, 'counted from now on', { 'data-part': 'accepted' }),
      line('Known already', alreadyKnown, 'told before in the same words', { 'data-part': 'alreadyKnown' }),
      line('Told by another source too', merged, 'counted once, with one more witness', { 'data-part': 'merged' }),
      line('Left out on purpose', left, null, { 'data-part': 'skipped' }),
      ...reasonLines(skipped, skippedWords),
      line('Not readable', broken, null, { 'data-part': 'unread' }),
      ...reasonLines(unread, unreadWords),
    ),
    element('tfoot', {}, line('Read', read, null, { 'data-part': 'read' })),
  );
}

function contents({ range, kinds }) {
  const amounts = Object.entries(kinds).sort(([, a], [, b]) => b - a);
  const rows = [
    ['When', rangeWords(range)],
    ['What', amounts.length > 0 && listed(amounts.map(([kind, amount]) => kindWords(kind, amount)))],
  ].filter(([, said]) => said);
  return element(
    'dl',
    { class: 'formula' },
    ...rows.flatMap(([name, said]) => [element('dt', {}, name), element('dd', {}, said)]),
  );
}

function fieldList({ unknown, missing }) {
  const rows = (fields, words) =>
    Object.entries(fields).map(([name, amount]) =>
      element('li', {}, element('code', {}, name), ` ${words} ${count(amount, 'row')}`),
    );
  const all = [...rows(unknown, 'is new to us, in'), ...rows(missing, 'was expected and is missing, in')];
  if (all.length === 0) return null;
  return element(
    'details',
    { class: 'more', 'data-testid': 'receipt-fields' },
    element('summary', {}, `The export has changed: ${count(all.length, 'field')}`),
    element('ul', { class: 'file-list' }, ...all),
  );
}

const COLUMNS = [
  ['rows', 'Rows'],
  ['accepted', 'New'],
  ['alreadyKnown', 'Known'],
  ['merged', 'Told too'],
  ['skipped', 'Left out'],
  ['unread', 'Not readable'],
];

function fileTable(entries) {
  const row = (entry) =>
    element(
      'tr',
      {},
      element('th', { scope: 'row', title: entry.name }, fileName(entry.name)),
      ...COLUMNS.map(([field]) => element('td', {}, number(entry[field] ?? 0))),
    );
  return element(
    'div',
    { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'File by file' },
    element(
      'table',
      {},
      element(
        'thead',
        {},
        element(
          'tr',
          {},
          ...['File', ...COLUMNS.map(([, head]) => head)].map((head) => element('th', { scope: 'col' }, head)),
        ),
      ),
      element('tbody', {}, ...entries.map(row)),
    ),
  );
}

/** The files that are not read, by why; null where there are none. */
export function notReadList(entries) {
  const byReason = Map.groupBy(
    entries.filter(({ format }) => format === null),
    ({ reason }) => reason,
  );
  if (byReason.size === 0) return null;
  const rows = [...byReason].map(([reason, files]) => {
    const names = files.slice(0, NAMED).map(({ name }) => fileName(name));
    const more = files.length > NAMED ? [`${number(files.length - NAMED)} more`] : [];
    return element('li', {}, element('strong', {}, notReadWords(reason)), `: ${listed([...names, ...more])}`);
  });
  return element('ul', { class: 'file-list' }, ...rows);
}

function fileByFile(entries) {
  const read = entries.filter(({ format }) => format !== null);
  const others = notReadList(entries);
  return element(
    'details',
    { class: 'more', 'data-testid': 'receipt-files' },
    element('summary', {}, `File by file: ${count(entries.length, 'file')}`),
    fileTable(read),
    others && element('h3', {}, 'Not looked at'),
    others,
  );
}

/** Shows the receipt of an import in a window of its own. */
export function showReceipt({ files, receipt, createdAt }) {
  const dialog = element(
    'dialog',
    { class: 'receipt-window', 'aria-labelledby': 'receipt-title', 'data-testid': 'receipt-window' },
    element(
      'header',
      {},
      element('h2', { id: 'receipt-title' }, 'What became of your archive'),
      button('Close', () => dialog.close(), { 'data-testid': 'receipt-close' }),
    ),
    element(
      'p',
      { class: 'hint' },
      `${filesWords(files)}, brought ${moment(createdAt)}. Each row is in exactly one line.`,
    ),
    ...[
      ...receipt.warnings.map(({ message }) => element('p', { class: 'problem' }, message)),
      contents(receipt),
      receiptTable(receipt),
      fieldList(receipt.fields),
      fileByFile(files.flatMap(({ entries }) => entries)),
    ].filter(Boolean),
  );
  dialog.addEventListener('close', () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
