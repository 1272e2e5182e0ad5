import { get, post } from './api.js';
import { button, element } from './element.js';
import { isRunning } from './jobs.js';
import { count, moment, number } from './words.js';

const PAGE = 10;

const STATES = {
  waiting: 'Waiting',
  active: 'Running',
  delayed: 'Tried again later',
  paused: 'Paused by the operator',
  completed: 'Done',
  failed: 'Failed',
  cancelled: 'Stopped',
  expired: 'Given up, it waited too long',
};

const TRIGGERS = {
  connect: 'because you connected it',
  schedule: 'on schedule',
  manual: 'because you asked',
  batch: 'together with your other platforms',
  retry: 'tried again',
};

function took({ startedAt, finishedAt }) {
  if (!startedAt || !finishedAt) return null;
  const seconds = (new Date(finishedAt) - new Date(startedAt)) / 1000;
  return seconds < 90 ? `took ${number(seconds, seconds < 10 ? 1 : 0)} s` : `took ${number(seconds / 60)} min`;
}

function row(job, { titleOf, act, changed }) {
  const what = job.platform ? `Reading ${titleOf(job.platform)}` : 'Drawing your signature';
  const order = (label, path, testId) =>
    button(
      label,
      () =>
        act(async () => {
          await post(`/api/jobs/${job.id}/${path}`);
          changed();
        }),
      { class: 'quiet', 'aria-label': `${label}: ${what}, ${moment(job.createdAt)}`, 'data-testid': testId },
    );
  const facts = [TRIGGERS[job.trigger], job.items > 0 && count(job.items, 'item'), took(job)];
  return element(
    'li',
    { 'data-state': job.state, 'data-testid': 'history-job' },
    element(
      'div',
      {},
      element('p', {}, element('strong', {}, what), ' ', element('span', { class: 'state' }, STATES[job.state])),
      element(
        'p',
        { class: 'hint' },
        element('time', { datetime: job.createdAt }, moment(job.createdAt)),
        ` · ${facts.filter(Boolean).join(' · ')}`,
      ),
      job.state === 'failed' &&
        element('p', { class: 'problem' }, job.problem?.message ?? job.failedReason ?? 'It did not work.'),
    ),
    isRunning(job) && order('Stop', 'cancel', 'history-cancel'),
    job.state === 'failed' && order('Try again', 'retry', 'history-retry'),
  );
}

/**
 * All jobs of the person, newest first, collapsed. `refresh()` loads the first page again if it is open.
 */
export function jobHistory({ titleOf, act }) {
  const list = element('ul', { class: 'history' });
  let cursor = null;
  let turn = 0;
  const more = button('Show older', () => act(() => load(cursor)), { class: 'quiet', hidden: true });
  const node = element(
    'details',
    { class: 'more-of-it', 'data-testid': 'history' },
    element('summary', {}, element('h2', {}, 'What was done, and when')),
    list,
    more,
  );
  node.addEventListener('toggle', () => refresh());

  async function load(from) {
    const mine = (turn += 1);
    const answer = await get(`/api/extraction/jobs?limit=${PAGE}${from ? `&cursor=${encodeURIComponent(from)}` : ''}`);
    if (mine !== turn) return;
    const rows = answer.data.map((job) => row(job, { titleOf, act, changed: refresh }));
    if (from) list.append(...rows);
    else list.replaceChildren(...(rows.length > 0 ? rows : [element('li', {}, 'Nothing yet.')]));
    cursor = answer.page?.nextCursor ?? null;
    more.hidden = cursor === null;
  }
  function refresh() {
    if (node.open) void act(() => load(null));
  }
  return { node, refresh };
}
