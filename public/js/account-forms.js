import { post, put } from './api.js';
import { clearBanner, showBanner, showError } from './banner.js';
import { button, element } from './element.js';
import { knowsPasskeys, offerPasskeys } from './passkeys.js';
import { saveFile } from './save-file.js';
import { forgetToken } from './session.js';
import { proposedZone, zoneField } from './time-zone.js';

/** As the server asks for them. */
const SHORTEST_PASSWORD = 10;
const LONGEST_PASSWORD = 200;
const LONGEST_NAME = 64;

/** A form whose button waits for `send()`; what goes wrong is shown as a banner. */
export function sendingForm({ testId, label }, fields, send) {
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

function field({ label, hint, ...attributes }) {
  const { id } = attributes;
  const input = element('input', {
    name: id,
    required: true,
    autocapitalize: 'none',
    spellcheck: 'false',
    'aria-describedby': hint && `${id}-hint`,
    'data-testid': `account-${id}`,
    ...attributes,
  });
  const node = element(
    'div',
    { class: 'field' },
    element('label', { for: id }, label),
    input,
    hint && element('p', { class: 'hint', id: `${id}-hint` }, hint),
  );
  return { node, input };
}

const nameField = (autocomplete = 'username') =>
  field({ id: 'username', label: 'Your name here', autocomplete, maxlength: LONGEST_NAME });

/** A field for a password that is chosen. */
export const newPasswordField = (label, id = 'password') =>
  field({
    id,
    label,
    type: 'password',
    autocomplete: 'new-password',
    minlength: SHORTEST_PASSWORD,
    maxlength: LONGEST_PASSWORD,
    hint: `At least ${SHORTEST_PASSWORD} characters, of any kind. A few words that nobody would put together are good.`,
  });

/** Goes in with what the server answered to a sign-in, and tells the person what others have tried meanwhile. */
export function enter({ failedTries = 0, recoveryCodesLeft }, done) {
  forgetToken(); // A session counts only where no token is sent.
  void done();
  const times = failedTries === 1 ? 'Once' : `${failedTries} times`;
  const tried = failedTries > 0 && `${times} somebody tried to sign in as you since you were here, in vain.`;
  const left = recoveryCodesLeft !== undefined && `You have ${recoveryCodesLeft} recovery codes left.`;
  const sentence = [tried, left].filter(Boolean).join(' ');
  if (sentence) showBanner(sentence);
}

/** Signs in with name and password, or with a passkey where the server offers that. */
export function passwordForm(done, { passkeys } = {}) {
  const withPasskeys = passkeys && knowsPasskeys();
  const name = nameField(withPasskeys ? 'username webauthn' : 'username');
  const password = field({
    id: 'password',
    label: 'Your password',
    type: 'password',
    autocomplete: 'current-password',
    maxlength: LONGEST_PASSWORD,
  });
  const form = sendingForm({ testId: 'account-sign-in', label: 'Sign in' }, [name.node, password.node], async () => {
    const body = { username: name.input.value, password: password.input.value };
    enter((await post('/api/auth/sign-in', body)).data, done);
  });
  if (withPasskeys) offerPasskeys(form, (data) => enter(data, done));
  return form;
}

/** Signs in with name and recovery code, and asks for a new password. `place` shows what comes next. */
export function recoveryForm(done, place) {
  const name = nameField();
  const code = field({
    id: 'recovery-code',
    label: 'A recovery code',
    autocomplete: 'off',
    maxlength: 100,
    hint: 'One of those that were shown when you made your account. It works once.',
  });
  return sendingForm({ testId: 'account-recovery', label: 'Sign in' }, [name.node, code.node], async () => {
    const username = name.input.value;
    const { data } = await post('/api/auth/sign-in', { username, recoveryCode: code.input.value });
    const next = newPasswordForm(username, () => enter(data, done));
    place.replaceChildren(next);
    next.querySelector('input:not([hidden])').focus();
  });
}

function newPasswordForm(username, done) {
  const password = newPasswordField('Your new password');
  // Password managers want to know whose password it is.
  const name = element('input', { name: 'username', autocomplete: 'username', value: username, hidden: true });
  return sendingForm({ testId: 'new-password', label: 'Save and go on' }, [name, password.node], async () => {
    await put('/api/me/password', { password: password.input.value });
    done();
  });
}

/** Makes an account; `place` then shows its recovery codes. */
export function signUpForm(done, place, invitation) {
  const name = nameField();
  const password = newPasswordField('Choose a password');
  const zone = zoneField({
    label: 'Your time zone',
    hint: 'Taken from your browser. Correct it if your days run elsewhere: rhythms are read in this zone.',
    value: proposedZone(),
  });
  const fields = [name.node, password.node, zone.node];
  return sendingForm({ testId: 'account-sign-up', label: 'Make my account' }, fields, async () => {
    const { data } = await post('/api/auth/sign-up', {
      username: name.input.value,
      password: password.input.value,
      timeZone: zone.zone(),
      ...(invitation && { invitation }),
    });
    if (invitation) history.replaceState(null, '', location.pathname);
    const codes = recoveryCodes(data.recoveryCodes, () => enter({}, done));
    place.replaceChildren(codes);
    codes.querySelector('h2').focus();
  });
}

/** The codes, which are shown this once. */
function recoveryCodes(codes, done) {
  const text = `Recovery codes for ${location.host}\nEach works once, instead of the password.\n\n${codes.join('\n')}\n`;
  const save = () => saveFile(new Blob([text], { type: 'text/plain' }), 'soul-signature-recovery-codes.txt');
  return element(
    'section',
    { class: 'recovery', 'aria-labelledby': 'recovery-title', 'data-testid': 'recovery-codes' },
    element('h2', { id: 'recovery-title', tabindex: -1 }, 'Keep these codes'),
    element(
      'p',
      {},
      'Should you lose your password, each of them lets you in once. They are shown now and never again; ',
      'without password and codes nobody can give you your account back.',
    ),
    element(
      'ul',
      { class: 'codes' },
      codes.map((code) => element('li', {}, element('code', {}, code))),
    ),
    element(
      'div',
      { class: 'actions' },
      button('Save as a file', save),
      button('I have kept them', done, { class: 'primary', 'data-testid': 'codes-kept' }),
    ),
  );
}
