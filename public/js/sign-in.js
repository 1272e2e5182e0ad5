import { get, post } from './api.js';
import { enter, passwordForm, recoveryForm, sendingForm, signUpForm } from './account-forms.js';
import { clearBanner, showError } from './banner.js';
import { button, element } from './element.js';
import { ghostClock } from './clock-chart.js';
import { providerButton } from './provider-sign-in.js';
import { forgetToken, keepToken } from './session.js';
import { proposedZone, zoneField } from './time-zone.js';

/** What an invitation's link has behind its `#`. */
function invitationHere() {
  return new URLSearchParams(location.hash.slice(1)).get('invitation');
}

function tokenForm(done) {
  const input = element('textarea', { id: 'token', rows: 4, required: true, spellcheck: 'false', autocomplete: 'off' });
  input.dataset.testid = 'sign-in-token';
  const field = element(
    'div',
    { class: 'field' },
    element('label', { for: 'token' }, 'Your token'),
    input,
    element('p', { class: 'hint' }, 'Paste the bearer token your application gave you.'),
  );
  return sendingForm({ testId: 'token-sign-in', label: 'Sign in' }, [field], async () => {
    keepToken(input.value.trim().replace(/^Bearer\s+/i, ''));
    try {
      await get('/api/me');
    } catch (error) {
      forgetToken();
      throw error;
    }
    void done();
  });
}

function demoForm(done) {
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
  return sendingForm({ testId: 'sign-in', label: 'Begin' }, [nameField, zone.node], async () => {
    const body = { timeZone: zone.zone(), ...(name.value.trim() ? { name: name.value.trim() } : {}) };
    const { token } = (await post('/api/auth/demo', body)).data;
    enter({}, () => {
      keepToken(token);
      return done();
    });
  });
}

/** The ways in that a server offers: one form, and below it how to get to the others. */
function waysIn({ demo, signUp, oidc, passkeys, tokens = true, returnTo }, done) {
  const invitation = invitationHere();
  const place = element('div', {});
  const mayJoin = signUp === 'open' || (signUp === 'invite' && invitation !== null);
  const ways = [
    ['sign-up', 'Make an account', mayJoin, () => signUpForm(done, place, invitation)],
    ['demo', 'Try the demo', demo, () => demoForm(done)],
    ['password', 'Sign in with your account', true, () => passwordForm(done, { passkeys })],
    ['recovery', 'I have lost my password', true, () => recoveryForm(done, place)],
    ['token', 'I have a token', tokens, () => tokenForm(done)],
  ].filter(([, , offered]) => offered);

  function show(chosen, { focus = true } = {}) {
    const [, , , form] = ways.find(([way]) => way === chosen);
    const others = ways.filter(([way]) => way !== chosen && (way !== 'recovery' || chosen === 'password'));
    const shown = form();
    place.replaceChildren(
      shown,
      ...(oidc ? [providerButton(oidc, { invitation, returnTo })] : []),
      element(
        'div',
        { class: 'other-ways' },
        others.map(([way, label]) => button(label, () => show(way), { class: 'quiet', 'data-testid': `way-${way}` })),
      ),
    );
    if (focus) {
      clearBanner();
      shown.querySelector('input, textarea').focus();
    }
  }
  const usual = demo ? 'demo' : 'password';
  show(invitation !== null && mayJoin ? 'sign-up' : usual, { focus: false });
  return place;
}

/** Loads the ways in, and shows them as `show(ways)` does. */
async function loadWays(place, show) {
  try {
    place.replaceChildren(show((await get('/api/auth/ways')).data));
  } catch (error) {
    showError(error);
    place.replaceChildren(button('Try again', () => loadWays(place, show)));
  }
}

/** Signs in with an account as everybody does, for a page. `demo` is shown below where the server offers the demo. */
export function accountWaysIn(done, demo, returnTo) {
  const place = element('div', {});
  void loadWays(place, (ways) => {
    const accounts = waysIn({ ...ways, demo: false, signUp: 'off', tokens: false, returnTo }, done);
    return element('div', {}, accounts, ways.demo && demo);
  });
  return place;
}

/**
 * The first page: what this is, and how to begin. `why` is the reason for someone who was just signed out; `ways` is what
 * the server offers, where that is known already.
 */
export function signInView({ done, why, ways }) {
  const place = element('div', {});
  if (ways) place.append(waysIn(ways, done));
  else void loadWays(place, (offered) => waysIn(offered, done));
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
