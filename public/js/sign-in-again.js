import { post } from './api.js';
import { button, element } from './element.js';
import { askProvider } from './provider-sign-in.js';

/** Asks for the password in a dialog until it is right; resolves with whether it was given. */
function askPassword(username) {
  const problem = element('p', { class: 'problem', id: 'again-problem', role: 'alert' });
  const input = element('input', {
    id: 'again-password',
    name: 'password',
    type: 'password',
    required: true,
    autocomplete: 'current-password',
    'aria-describedby': 'again-problem',
    'data-testid': 'again-password',
  });
  const submit = element('button', { type: 'submit', class: 'primary', 'data-testid': 'again-confirm' }, 'Go on');
  const onSubmit = async (event) => {
    event.preventDefault();
    submit.disabled = true;
    problem.textContent = '';
    try {
      await post('/api/auth/sign-in', { username, password: input.value });
      dialog.close('go');
    } catch (error) {
      problem.textContent = error.code === 'SIGN_IN_FAILED' ? 'This is not your password.' : error.message;
      input.focus();
    } finally {
      submit.disabled = false;
    }
  };
  const dialog = element(
    'dialog',
    { 'aria-labelledby': 'again-title' },
    element(
      'form',
      { submit: onSubmit },
      element('h2', { id: 'again-title' }, 'Is it you?'),
      element('p', {}, 'It is a while since you signed in, so please give your password once more.'),
      element('input', { name: 'username', autocomplete: 'username', value: username, hidden: true }),
      element('div', { class: 'field' }, element('label', { for: 'again-password' }, 'Your password'), input, problem),
      element(
        'div',
        { class: 'actions' },
        button('Leave it', () => dialog.close('leave')),
        submit,
      ),
    ),
  );
  document.body.append(dialog);
  dialog.showModal();
  input.focus();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve(dialog.returnValue === 'go');
    });
  });
}

/**
 * Does what the server allows only within minutes of a sign-in; asks for the password where that is longer ago. Who has
 * none is sent to the provider. Resolves with null when the person leaves it.
 */
export async function withRecentSignIn(username, action) {
  try {
    return await action();
  } catch (error) {
    if (error.code !== 'SIGN_IN_AGAIN') throw error;
  }
  return (await (username ? askPassword(username) : askProvider())) ? action() : null;
}
