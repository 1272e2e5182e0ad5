import { enter } from './account-forms.js';
import { get, post } from './api.js';
import { auditPart } from './audit.js';
import { clearBanner, showError, showReturn } from './banner.js';
import { button, element } from './element.js';
import { drawOverview } from './overview.js';
import { peoplePart } from './people.js';
import { forgetToken, keepToken, token } from './session.js';
import { accountWaysIn } from './sign-in.js';

const EVERY_MS = 3_000;

const main = document.getElementById('main');
const who = document.getElementById('who');
let clock = null;
/** The parts that are shown while an operator is signed in; null otherwise. */
let parts = null;

/** Operators sign in as everybody does. The demo makes one on this machine only. */
function signIn(why) {
  parts = null;
  clearTimeout(clock);
  who.replaceChildren();
  const demo = button('As the demo’s operator', () => act(enterDemo), {
    class: 'quiet',
    'data-testid': 'demo-operator',
  });
  main.replaceChildren(
    element('h1', {}, 'For operators'),
    element('p', { class: 'lead' }, why),
    accountWaysIn(begin, element('div', { class: 'other-ways' }, demo), '/operator.html'),
  );
}

async function enterDemo() {
  const { token: demo } = (await post('/api/auth/demo', { name: 'Operator', admin: true })).data;
  enter({}, () => {
    keepToken(demo);
    return begin();
  });
}

/** Runs an action: a failure is shown as a banner, and who is no operator any more signs in. */
async function act(action) {
  try {
    return await action();
  } catch (error) {
    if (error.signedOut || error.code === 'FORBIDDEN') refused(error);
    else showError(error);
    return undefined;
  }
}

function refused(error) {
  forgetToken();
  signIn(error.code === 'ACCOUNT_LOCKED' ? error.message : 'This sign-in is not accepted, or not an operator’s.');
}

/** Loads the overview once and plans the next load, also after a failure. */
async function look() {
  const mine = parts;
  try {
    const { data } = await get('/api/queues/overview');
    if (mine !== parts) return;
    if (mine.overview.dataset.stale) clearBanner();
    drawOverview(mine.overview, data, change);
  } catch (error) {
    if (mine !== parts) return;
    if (error.status === 401 || error.status === 403) {
      refused(error);
      return;
    }
    mine.overview.dataset.stale = 'true';
    showError(error);
  }
  clearTimeout(clock);
  clock = setTimeout(() => void look(), EVERY_MS);
}

/** Pausing and resuming, and trying all failed jobs of a queue again. */
async function change(queue, order) {
  await act(async () => {
    if (order === 'retry') await post(`/api/queues/${queue}/failed/retry`, { all: true });
    else await post(`/api/queues/${queue}/${order}`);
    await look();
    await parts?.audit.load();
  });
}

async function leave() {
  try {
    if (token()) forgetToken();
    else await post('/api/auth/sign-out');
    signIn('You have signed out.');
  } catch (error) {
    showError(error);
  }
}

async function begin() {
  clearBanner();
  const overview = element('div', { class: 'operator' });
  const audit = auditPart({ act });
  parts = { overview, audit };
  who.replaceChildren(button('Sign out', leave, { class: 'quiet', 'data-testid': 'sign-out' }));
  main.replaceChildren(overview);
  await look();
  if (parts?.overview !== overview) return;
  await act(async () => {
    const { username } = (await get('/api/me')).data;
    const people = peoplePart({ act, username, changed: () => void audit.load() });
    await Promise.all([people.load(), audit.load()]);
    if (parts?.overview === overview) main.append(people.node, audit.node);
  });
}

document.addEventListener('visibilitychange', () => {
  if (document.hidden) clearTimeout(clock);
  else if (parts) void look();
});

const isSignedIn = () =>
  get('/api/auth/ways').then(
    ({ data }) => data.signedIn,
    () => false,
  );

if (token() || (await isSignedIn())) await begin();
else signIn('Queues, rates, failures, budgets, workers and people, as they are now.');
showReturn(() => '');
