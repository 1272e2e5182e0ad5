import { newPasswordField } from './account-forms.js';
import { put, remove } from './api.js';
import { button, element } from './element.js';
import { withRecentSignIn } from './sign-in-again.js';
import { count } from './words.js';

/** Asks for a new password in a dialog; `save(password)` resolves with whether the dialog is done. */
function passwordDialog(username, save) {
  const password = newPasswordField('Your new password', 'changed-password');
  const problem = element('p', { class: 'problem', role: 'alert' });
  const submit = element('button', { type: 'submit', class: 'primary', 'data-testid': 'change-confirm' }, 'Change it');
  const onSubmit = async (event) => {
    event.preventDefault();
    submit.disabled = true;
    problem.textContent = '';
    try {
      if (await save(password.input.value)) dialog.close();
    } catch (error) {
      problem.textContent = error.message;
      password.input.focus();
    } finally {
      submit.disabled = false;
    }
  };
  const dialog = element(
    'dialog',
    { 'aria-labelledby': 'change-title' },
    element(
      'form',
      { submit: onSubmit },
      element('h2', { id: 'change-title' }, 'Change your password'),
      element('p', {}, 'Everywhere else you are signed out then.'),
      element('input', { name: 'username', autocomplete: 'username', value: username, hidden: true }),
      password.node,
      problem,
      element(
        'div',
        { class: 'actions' },
        button('Leave it', () => dialog.close()),
        submit,
      ),
    ),
  );
  dialog.addEventListener('close', () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  password.input.focus();
}

/** How somebody with an account of this server gets in: their password, and where else they are signed in. */
export function accountAccess({ username, act }) {
  const said = element('span', { class: 'hint', role: 'status', 'data-testid': 'access-said' });
  const change = () => {
    said.textContent = '';
    passwordDialog(username, async (password) => {
      const done = await withRecentSignIn(username, () => put('/api/me/password', { password }));
      if (done) said.textContent = 'Your password is changed.';
      return done !== null;
    });
  };
  const endOthers = () =>
    act(async () => {
      const { ended } = (await remove('/api/sessions')).data;
      said.textContent =
        ended === 0 ? 'You are signed in nowhere else.' : `Signed out at ${count(ended, 'other place')}.`;
    });
  return element(
    'div',
    { class: 'field' },
    element('p', {}, 'You sign in here as ', element('strong', {}, username), '.'),
    element(
      'div',
      { class: 'actions' },
      button('Change password', change, { 'data-testid': 'change-password' }),
      button('Sign out everywhere else', endOthers, { 'data-testid': 'end-others' }),
      said,
    ),
  );
}
