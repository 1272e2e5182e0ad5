import { post } from './api.js';
import { button, element } from './element.js';
import { askProvider } from './provider-sign-in.js';
import { hasPasskeys, signInWithPasskey } from './passkeys.js';

/** Asks in a dialog who it is, until that is known; resolves with whether it is. */
async function askWho(username, withPasskey) {
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
  const usePasskey = async () => {
    problem.textContent = '';
    try {
      if (await signInWithPasskey({ again: true })) dialog.close('go');
    } catch (error) {
      problem.textContent = error.message;
    }
  };
  const dialog = element(
    'dialog',
    { 'aria-labelledby': 'again-title' },
    element(
      'form',
      { submit: onSubmit },
      element('h2', { id: 'again-title' }, 'Is it you?'),
      element('p', {}, 'It is a while since you signed in, so please show once more that it is you.'),
      username && element('input', { name: 'username', autocomplete: 'username', value: username, hidden: true }),
      username &&
        element('div', { class: 'field' }, element('label', { for: 'again-password' }, 'Your password'), input),
      problem,
      element(
        'div',
        { class: 'actions' },
        button('Leave it', () => dialog.close('leave')),
        withPasskey && button('Use a passkey', usePasskey, { 'data-testid': 'again-passkey' }),
        username && submit,
      ),
    ),
  );
  document.body.append(dialog);
  dialog.showModal();
  if (username) input.focus();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve(dialog.returnValue === 'go');
    });
  });
}

/**
 * Does what the server allows only within minutes of a sign-in; asks who it is where that is longer ago. Who has neither
 * password nor passkey is sent to the provider. Resolves with null when the person leaves it.
 */
export async function withRecentSignIn(username, action) {
  try {
    return await action();
  } catch (error) {
    if (error.code !== 'SIGN_IN_AGAIN') throw error;
  }
  const withPasskey = await hasPasskeys().catch(() => false); // Another way is left.
  return (await (username || withPasskey ? askWho(username, withPasskey) : askProvider())) ? action() : null;
}
