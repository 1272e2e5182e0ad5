import { get, post } from './api.js';
import { showError, clearBanner } from './banner.js';
import { element } from './element.js';
import { ghostClock } from './clock-chart.js';
import { forgetToken, keepToken } from './session.js';
import { proposedZone, zoneField } from './time-zone.js';

function form(testId, fields, label, send) {
  const submit = element('button', { type: 'submit', class: 'primary' }, label);
  const onSubmit = async (event) => {
    event.preventDefault();
    submit.disabled = true;
    clearBanner();
    try {
      await send();
    } catch (error) {
      showError(error);
    } finally {
      submit.disabled = false;
    }
  };
  return element('form', { class: 'sign-in', 'data-testid': testId, submit: onSubmit }, fields, submit);
}

function tokenForm(done) {
  const input = element('textarea', { id: 'token', rows: 4, required: true, spellcheck: 'false', autocomplete: 'off' });
  input.dataset.testid = 'sign-in-token';
  const field = element(
    'div',
    { class: 'field' },
    element('label', { for: 'token' }, 'Your token'),
    input,
    element(
      'p',
      { class: 'hint' },
      'The demo is off on this server. Paste the bearer token your application gave you.',
    ),
  );
  return form('sign-in', [field], 'Sign in', async () => {
    keepToken(input.value.trim().replace(/^Bearer\s+/i, ''));
    try {
      await get('/api/me');
    } catch (error) {
      forgetToken();
      throw error;
    }
    done();
  });
}

function demoForm(done, place) {
  const name = element('input', { id: 'name', name: 'name', autocomplete: 'nickname', maxlength: 80 });
  name.dataset.testid = 'sign-in-name';
  const zone = zoneField({
    label: 'Your time zone',
    hint: 'Taken from your browser. Correct it if your days run elsewhere: rhythms are read in this zone.',
    value: proposedZone(),
    testId: 'sign-in-zone',
  });
  const nameField = element(
    'div',
    { class: 'field' },
    element('label', { for: 'name' }, 'What shall we call you? ', element('span', { class: 'optional' }, 'optional')),
    name,
  );
  return form('sign-in', [nameField, zone.node], 'Begin', async () => {
    const body = { timeZone: zone.zone(), ...(name.value.trim() ? { name: name.value.trim() } : {}) };
    try {
      keepToken((await post('/api/auth/demo', body)).data.token);
    } catch (error) {
      if (error.status !== 404 && error.status !== 403) throw error;
      place.replaceChildren(tokenForm(done));
      place.querySelector('textarea').focus();
      return;
    }
    done();
  });
}

/** The first page: what this is, and how to begin. `why` is the reason for someone who was just signed out. */
export function signInView({ done, why }) {
  const place = element('div', {});
  place.append(demoForm(done, place));
  return element(
    'div',
    { class: 'welcome' },
    element('div', { class: 'welcome-mark' }, ghostClock()),
    element(
      'div',
      {},
      why && element('p', { class: 'why', role: 'status' }, why),
      element('h1', {}, 'What your traces say about you, and how we know.'),
      element(
        'p',
        { class: 'lead' },
        'Connect the places you already leave traces, and watch a portrait of your tastes and rhythms being drawn. ',
        'Every claim shows the days it rests on, and what cannot be known yet is said as exactly that.',
      ),
      place,
    ),
  );
}
