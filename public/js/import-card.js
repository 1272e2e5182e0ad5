import { get, post } from './api.js';
import { button, element } from './element.js';
import { notReadList, rangeWords, showReceipt } from './import-receipt.js';
import { filesWords, wayOut } from './import-words.js';
import { isRunning } from './jobs.js';
import { offer } from './offered-buttons.js';
import { progressBar } from './progress.js';
import { askTakeOut } from './take-out.js';
import { count, fileSize, listed, moment, number } from './words.js';

/** Failures that come again with the same files. */
const FINAL = new Set(['NOTHING_RECOGNIZED', 'UPLOAD_GONE', 'IMPORT_DELETED']);

/** What was recognised, by format, and how much of the archive is not read. */
function recognised({ files, formats, entriesLeftOut }, formatTitle) {
  const named = files.flatMap((file) => file.entries);
  const others = notReadList(named);
  const rest = named.length + entriesLeftOut - formats.reduce((read, { entries }) => read + entries, 0);
  return [
    element(
      'ul',
      { class: 'recognised', 'data-testid': 'recognised' },
      ...formats.map(({ format, entries }) =>
        element('li', {}, element('strong', {}, formatTitle(format)), element('small', {}, count(entries, 'file'))),
      ),
    ),
    rest > 0 &&
      element(
        'details',
        { class: 'more' },
        element('summary', {}, `${count(rest, 'other file')} will not be read`),
        ...[others, entriesLeftOut > 0 && element('p', { class: 'hint' }, 'Only the first are named.')].filter(Boolean),
      ),
    element(
      'p',
      { class: 'hint' },
      'Nothing of it counts yet. What you leave is deleted at once; what you forget here, in an hour.',
    ),
  ].filter(Boolean);
}

/** "36,904 new, 12 known already"; what there is none of is not said. */
function sums({ receipt }) {
  const { accepted, alreadyKnown, merged } = receipt;
  const parts = [
    accepted > 0 && `${number(accepted)} new`,
    alreadyKnown > 0 && `${number(alreadyKnown)} known already`,
    merged > 0 && `${number(merged)} told by another source too`,
  ].filter(Boolean);
  const words = parts.length > 0 ? listed(parts) : 'Nothing of it could be taken in';
  return [
    element('p', { class: 'standing', 'data-testid': 'import-sums' }, words),
    receipt.range && element('p', { class: 'hint' }, rangeWords(receipt.range)),
    ...receipt.warnings.map(({ message }) => element('p', { class: 'problem' }, message)),
  ].filter(Boolean);
}

function failure({ error, receipt }, job) {
  const code = error?.code ?? job?.code;
  const help = wayOut(code);
  return [
    element('p', { class: 'problem' }, error?.message ?? job?.message ?? 'It did not work.'),
    help && element('p', { class: 'hint' }, help),
    ...(receipt.accepted > 0 ? sums({ receipt }) : []),
  ].filter(Boolean);
}

function said(imported, state, job, formatTitle) {
  switch (state) {
    case 'held':
      return recognised(imported, formatTitle);
    case 'completed':
      // The event may come before its receipt.
      return imported.state === 'completed' ? sums(imported) : [];
    case 'cancelled':
      return [element('p', { class: 'hint' }, 'You stopped it. What was read until then stays.'), ...sums(imported)];
    case 'failed':
      return failure(imported, job);
    case 'expired':
      return [element('p', { class: 'problem' }, 'It waited too long and was given up. Send it again.')];
    default:
      return [];
  }
}

/**
 * One import. `update(imported, job, live)` changes it in place; `act` as everywhere, `formatTitle(name)` in words,
 * `changed()` after it was started; `leave({ going, gone, counted })` takes it out and says so while and after it does, and
 * whether it counted for the signature.
 */
export function importCard(imported, { act, formatTitle, changed, leave }) {
  const { id, createdAt, files } = imported;
  const title = filesWords(files);
  const bar = progressBar({ label: `Reading ${title}`, testId: 'import-progress' });
  const body = element('div', { class: 'import-body' });
  const actions = element('div', { class: 'actions' });
  const titled = { id: `import-${id}` };
  const heading = element('h3', titled, title);
  const bytes = files.reduce((total, file) => total + file.bytes, 0);
  const node = element(
    'article',
    { class: 'import', tabindex: -1, 'aria-labelledby': titled.id, 'data-testid': 'import' },
    heading,
    element('p', { class: 'hint' }, `${moment(createdAt)} · ${fileSize(bytes)}`),
    bar.node,
    body,
    actions,
  );
  let current = imported;
  let drawn = null;

  const order = (label, testId, action, attributes = {}) =>
    button(label, () => act(action), { 'aria-label': `${label}: ${title}`, 'data-testid': testId, ...attributes });
  const begin = order(
    'Import it',
    'import-start',
    async () => {
      await post(`/api/imports/${id}/start`);
      await changed();
    },
    { class: 'primary' },
  );
  const drop = order(
    'Leave it',
    'import-leave',
    () => leave({ going: 'Its files are being deleted…', gone: 'Left. Its files are deleted.', counted: false }),
    { class: 'quiet' },
  );
  const stop = order('Stop', 'import-stop', () => post(`/api/jobs/${current.jobId}/cancel`));
  const retry = order('Try again', 'import-retry', () => post(`/api/jobs/${current.jobId}/retry`));
  // The list leaves out some files of an archive with very many.
  const whole = async () => (current.entriesLeftOut > 0 ? (await get(`/api/imports/${id}`)).data : current);
  const receipt = order('Receipt', 'import-receipt', async () => showReceipt(await whole()));
  const takeOut = order(
    'Take it out again',
    'import-take-out',
    async () => {
      if (await askTakeOut(current)) {
        await leave({ going: 'It is being taken out…', gone: 'It is taken out.', counted: true });
      }
    },
    { class: 'quiet' },
  );

  function buttons(state, job) {
    if (state === 'held') return [begin, drop];
    if (isRunning({ state })) return [stop];
    const again = state === 'failed' && !FINAL.has(current.error?.code ?? job?.code);
    return [again && retry, current.receipt.read > 0 && receipt, takeOut];
  }

  function update(news, job, live) {
    current = news;
    const state = job?.state ?? news.state;
    node.dataset.state = state;
    bar.update(isRunning(job) ? job : null, live);
    const key = JSON.stringify([state, news.state, news.error, news.receipt, job?.message]);
    if (key === drawn) return;
    drawn = key;
    body.replaceChildren(...said(news, state, job, formatTitle));
    offer(actions, ...buttons(state, job));
  }
  return { node, update };
}
