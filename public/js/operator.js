import { get, post } from './api.js';
import { clearBanner, showError } from './banner.js';
import { button, element } from './element.js';
import { drawOverview } from './overview.js';
import { forgetToken, keepToken, token } from './session.js';

const EVERY_MS = 3_000;

const main = document.getElementById('main');
const who = document.getElementById('who');
let clock = null;

/** Operators need a token of role admin; the demo gives one to this machine only. */
function signIn(why) {
  clearTimeout(clock);
  who.replaceChildren();
  const input = element('textarea', { id: 'token', rows: 4, spellcheck: 'false', autocomplete: 'off' });
  input.dataset.testid = 'operator-token';
  const enter = async (found) => {
    keepToken(found);
    await begin();
  };
  main.replaceChildren(
    element('h1', {}, 'For operators'),
    element('p', { class: 'lead' }, why),
    element(
      'div',
      { class: 'sign-in' },
      element('div', { class: 'field' }, element('label', { for: 'token' }, 'A token with role admin'), input),
      element(
        'div',
        { class: 'actions' },
        button('Sign in', () => enter(input.value.trim().replace(/^Bearer\s+/i, '')), { class: 'primary' }),
        button(
          'As the demo’s operator',
          async () => {
            try {
              await enter((await post('/api/auth/demo', { name: 'Operator', admin: true })).data.token);
            } catch (error) {
              showError(error);
            }
          },
          { 'data-testid': 'demo-operator' },
        ),
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
      signIn('This token is not accepted, or not an operator’s.');
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

async function begin() {
  clearBanner();
  who.replaceChildren(
    button(
      'Sign out',
      () => {
        forgetToken();
        signIn('You have signed out.');
      },
      { class: 'quiet' },
    ),
  );
  await look();
}

document.addEventListener('visibilitychange', () => {
  if (document.hidden) clearTimeout(clock);
  else if (token()) void look();
});

if (token()) await begin();
else signIn('Queues, rates, failures, budgets and workers, as they are now.');
