import { enter, passwordForm } from './account-forms.js';
import { get, post } from './api.js';
import { clearBanner, showError } from './banner.js';
import { button, element } from './element.js';
import { drawOverview } from './overview.js';
import { forgetToken, keepToken, token } from './session.js';

const EVERY_MS = 3_000;

const main = document.getElementById('main');
const who = document.getElementById('who');
let clock = null;
/** Whether the overview is shown. */
let inside = false;

/** Operators sign in with their account, or with a token of role admin; the demo gives one to this machine only. */
function signIn(why) {
  inside = false;
  clearTimeout(clock);
  who.replaceChildren();
  const input = element('textarea', { id: 'token', rows: 4, spellcheck: 'false', autocomplete: 'off' });
  input.dataset.testid = 'operator-token';
  const enterWith = (found) =>
    enter({}, () => {
      keepToken(found);
      return begin();
    });
  main.replaceChildren(
    element('h1', {}, 'For operators'),
    element('p', { class: 'lead' }, why),
    passwordForm(begin),
    element(
      'details',
      { class: 'sign-in' },
      element('summary', {}, 'or use a token with role admin'),
      element('div', { class: 'field' }, element('label', { for: 'token' }, 'A token with role admin'), input),
      button('Sign in with it', () => enterWith(input.value.trim().replace(/^Bearer\s+/i, ''))),
    ),
    element(
      'div',
      { class: 'other-ways' },
      button(
        'As the demo’s operator',
        async () => {
          try {
            enterWith((await post('/api/auth/demo', { name: 'Operator', admin: true })).data.token);
          } catch (error) {
            showError(error);
          }
        },
        { class: 'quiet', 'data-testid': 'demo-operator' },
      ),
    ),
  );
}

/** Loads the overview once and plans the next load, also after a failure. */
async function look() {
  try {
    const { data } = await get('/api/queues/overview');
    clearBanner();
    drawOverview(main, data, change);
  } catch (error) {
    if (error.status === 401 || error.status === 403) {
      forgetToken();
      signIn('This sign-in is not accepted, or not an operator’s.');
      return;
    }
    main.dataset.stale = 'true';
    showError(error);
  }
  clearTimeout(clock);
  clock = setTimeout(() => void look(), EVERY_MS);
}

/** Pausing and resuming, and trying all failed jobs of a queue again. */
async function change(queue, order) {
  try {
    if (order === 'retry') await post(`/api/queues/${queue}/failed/retry`, { all: true });
    else await post(`/api/queues/${queue}/${order}`);
    await look();
  } catch (error) {
    showError(error);
  }
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
  inside = true;
  who.replaceChildren(button('Sign out', leave, { class: 'quiet' }));
  await look();
}

document.addEventListener('visibilitychange', () => {
  if (document.hidden) clearTimeout(clock);
  else if (inside) void look();
});

const isSignedIn = () =>
  get('/api/auth/ways').then(
    ({ data }) => data.signedIn,
    () => false,
  );

if (token() || (await isSignedIn())) await begin();
else signIn('Queues, rates, failures, budgets and workers, as they are now.');
