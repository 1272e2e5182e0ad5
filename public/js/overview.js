import { button, element } from './element.js';
import { fromNow, moment, number, titled } from './words.js';

const STATES = ['waiting', 'active', 'delayed', 'paused', 'failed', 'completed'];

function seconds(value) {
  if (value < 1) return '–';
  return value < 120 ? `${number(value)} s` : `${number(value / 60)} min`;
}

/** "12.4 MB", as Redis counts them. */
function megabytes(bytes) {
  return `${number(bytes / 1024 / 1024, 1)} MB`;
}

/** How full Redis is; without Redis jobs run in this process. */
function memory(redis) {
  if (!redis) return null;
  if (!redis.up) return element('p', { class: 'problem' }, 'It does not answer.');
  const { usedBytes, maxBytes, policy } = redis;
  const limited = maxBytes > 0;
  return [
    limited && meter(usedBytes / maxBytes, `${megabytes(usedBytes)} of ${megabytes(maxBytes)} are used`),
    element(
      'p',
      { class: 'hint', 'data-testid': 'redis' },
      `${megabytes(usedBytes)} used${limited ? ` of ${megabytes(maxBytes)}` : ', without a limit'} · ${policy}`,
    ),
  ];
}

function meter(share, label) {
  const fill = element('span', {});
  fill.style.inlineSize = `${Math.min(1, share) * 100}%`;
  return element('div', { class: 'meter', role: 'img', 'aria-label': label }, fill);
}

/** A table; the first cell of each row is its head. `empty` is said where there is none. */
export function table(heads, rows, empty) {
  if (rows.length === 0) return element('p', { class: 'hint' }, empty);
  return element(
    'div',
    { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': heads.join(', ') },
    element(
      'table',
      {},
      element('thead', {}, element('tr', {}, ...heads.map((head) => element('th', { scope: 'col' }, head)))),
      element(
        'tbody',
        {},
        ...rows.map(([first, ...rest]) =>
          element('tr', {}, element('th', { scope: 'row' }, first), ...rest.map((cell) => element('td', {}, cell))),
        ),
      ),
    ),
  );
}

/** A part of the operator's page. */
export function part(title, ...children) {
  return element('section', { class: 'panel' }, element('h2', {}, title), ...children);
}

/** One queue: counts by state, rates, ages, and its buttons. */
function queuePanel(queue, counts, change) {
  const { name, pausedAt, slots, completed, failed } = queue;
  const figures = STATES.map((state) =>
    element(
      'div',
      { class: counts[state] > 0 ? `figure ${state}` : 'figure', 'data-testid': `${name}-${state}` },
      element('strong', {}, number(counts[state])),
      element('span', {}, state),
    ),
  );
  return part(
    titled(name),
    element('div', { class: 'figures' }, ...figures),
    meter(slots > 0 ? counts.active / slots : 0, `${counts.active} of ${slots} slots are busy`),
    element(
      'p',
      { class: 'hint' },
      `${number(counts.active)} of ${number(slots)} slots busy · ${number(completed.lastMinute)} done in the last minute, ${number(completed.lastHour)} in the last hour · ${number(failed.lastHour)} failed in the last hour · oldest waiting ${seconds(queue.oldestWaitingSeconds)}, oldest running ${seconds(queue.oldestActiveSeconds)}`,
    ),
    element(
      'div',
      { class: 'actions' },
      button(pausedAt ? 'Resume' : 'Pause', () => change(name, pausedAt ? 'resume' : 'pause'), {
        'aria-label': `${pausedAt ? 'Resume' : 'Pause'} ${name}`,
        'data-testid': `${name}-pause`,
      }),
      counts.failed > 0 &&
        button('Retry all failed', () => change(name, 'retry'), { 'aria-label': `Retry all failed of ${name}` }),
    ),
  );
}

/** Draws an answer of `GET /queues/overview`; a pressed button keeps its focus. */
export function drawOverview(place, overview, change) {
  const focused = place.contains(document.activeElement) ? document.activeElement.getAttribute('data-testid') : null;
  const { queues, failures, problems, budgets, workers, redis, alerts, dashboard } = overview;
  delete place.dataset.stale;
  place.replaceChildren(
    ...[
      element(
        'header',
        {},
        element('h1', {}, alerts.length + problems.length === 0 ? 'All is well.' : 'Please look.'),
        element('p', { class: 'hint' }, `As of ${moment(Date.now())}, looked at again every three seconds.`),
      ),
      alerts.length > 0 &&
        element(
          'ul',
          { class: 'alerts', 'data-testid': 'alerts' },
          ...alerts.map(({ code, message }) => element('li', {}, message, element('small', {}, ` ${code}`))),
        ),
      problems.length > 0 &&
        element(
          'div',
          { 'data-testid': 'for-operator' },
          part(
            'What only you can mend',
            table(
              ['Reason', 'Platform', 'People'],
              problems.map(({ message, platform, people }) => [message, platform, number(people)]),
            ),
          ),
        ),
      element('div', { class: 'panels' }, ...queues.map((queue) => queuePanel(queue, overview[queue.name], change))),
      element(
        'div',
        { class: 'panels' },
        part(
          'Failures of the last hour',
          table(
            ['Code', 'Queue', 'Jobs'],
            failures.map(({ code, queue, lastHour }) => [code, queue, number(lastHour)]),
            'None.',
          ),
        ),
        part(
          'Budgets of platforms',
          table(
            ['Platform', 'Ahead of its pace', 'Asked to wait until'],
            budgets.map(({ key, aheadMs, blockedUntil }) => [
              key === '*' ? 'all together' : key,
              aheadMs > 0 ? seconds(aheadMs / 1000) : '–',
              blockedUntil ? moment(blockedUntil) : '–',
            ]),
            'No request has been counted lately.',
          ),
        ),
        part(
          'Workers',
          table(
            ['Worker', 'Queue', 'Slots', 'Seen'],
            workers.map(({ id, queue, slots, seenAt }) => [id.slice(-8), queue, number(slots), fromNow(seenAt)]),
            'No worker is alive.',
          ),
        ),
        part(
          'Redis',
          memory(redis),
          dashboard
            ? element(
                'p',
                {},
                element('a', { href: dashboard }, 'Bull Board'),
                ': single jobs, their logs, retry, clean.',
              )
            : element('p', { class: 'hint' }, 'Without Redis there is no Bull Board. Metrics are at /metrics.'),
        ),
      ),
    ].filter(Boolean),
  );
  if (focused) place.querySelector(`[data-testid="${focused}"]`)?.focus();
}
