import { get } from './api.js';
import { button, element } from './element.js';
import { part, table } from './overview.js';
import { moment } from './words.js';

/** What the routes do, as it is told of whoever asked. */
const DONE = {
  'POST /api/users/invitations': 'invited',
  'POST /api/users/:userId/lock': 'locked',
  'POST /api/users/:userId/unlock': 'unlocked',
  'POST /api/users/:userId/sign-out': 'signed out everywhere',
  'POST /api/queues/:name/pause': 'paused',
  'POST /api/queues/:name/resume': 'resumed',
  'POST /api/queues/:name/failed/retry': 'retried failed jobs of',
  'POST /api/queues/:name/failed/discard': 'discarded failed jobs of',
  'POST /api/jobs/:id/retry': 'retried the job',
  'POST /api/jobs/:id/cancel': 'cancelled the job',
  'POST /api/keys/rotate': 'sealed tokens with the newest key',
  'POST /api/events/epoch': 'began the numbers of events anew',
};

/** Those who came in without being anybody. */
const NOBODY = { password: 'the dashboard’s password', 'this machine': 'this machine' };

const personWords = ({ name, userId }) => name ?? userId ?? 'somebody whose account is deleted';

function rowOf({ at, actor, credential, action, person, target, status }) {
  return [
    moment(at),
    actor ? personWords(actor) : (NOBODY[credential] ?? 'somebody whose account is deleted'),
    DONE[action] ?? action,
    [person && personWords(person), target].filter(Boolean).join(' '),
    status < 400 ? 'done' : `refused (${status})`,
  ];
}

/** The log of what administrators did. `act(action)` shows what goes wrong. */
export function auditPart({ act }) {
  let acts = [];
  let cursor = null;
  const list = element('div', {});
  const more = button('Show more', () => act(() => load(cursor)), { class: 'quiet' });

  async function load(from) {
    const query = new URLSearchParams({ limit: '20', ...(from && { cursor: from }) });
    const { data, page } = await get(`/api/audit?${query.toString()}`);
    acts = from ? [...acts, ...data] : data;
    cursor = page.nextCursor;
    list.replaceChildren(table(['When', 'Who', 'What', 'On', 'How it ended'], acts.map(rowOf), 'Nothing yet.'));
    more.hidden = cursor === null;
  }

  const node = part(
    'What administrators did',
    element('p', { class: 'hint' }, 'Kept for a year. Nobody can change it, administrators neither.'),
    list,
    more,
  );
  node.classList.add('acts');
  node.dataset.testid = 'audit';
  return { node, load: () => act(() => load(null)) };
}
