import { post } from './api.js';
import { showError } from './banner.js';
import { button, element } from './element.js';
import { forgetToken } from './session.js';

/** Leaves for the provider, which sends the browser back to `returnTo`. */
async function goToProvider(body) {
  const { data } = await post('/api/auth/oidc/start', body);
  location.assign(data.authorizationUrl);
}

/** The button for people whom a provider knows. */
export function providerButton({ title }, { returnTo = '/', invitation } = {}) {
  const go = async () => {
    try {
      forgetToken(); // A session counts only where no token is sent.
      await goToProvider({ returnTo, ...(invitation && { invitation }) });
    } catch (error) {
      showError(error);
    }
  };
  return element(
    'div',
    { class: 'provider-way' },
    button(`Sign in with ${title}`, go, { 'data-testid': 'provider-sign-in' }),
  );
}

/** Asks somebody without a password to sign in again; the page is left for it, and the person begins anew afterwards. */
export function askProvider() {
  const problem = element('p', { class: 'problem', role: 'alert' });
  const go = async () => {
    try {
      await goToProvider({ returnTo: `${location.pathname}?signedIn=again`, again: true });
    } catch (error) {
      problem.textContent = error.message;
    }
  };
  const dialog = element(
    'dialog',
    { 'aria-labelledby': 'again-title' },
    element('h2', { id: 'again-title' }, 'Is it you?'),
    element('p', {}, 'This needs a new sign-in. You come back to this page afterwards, and can go on.'),
    problem,
    element(
      'div',
      { class: 'actions' },
      button('Leave it', () => dialog.close()),
      button('Sign in again', go, { class: 'primary', 'data-testid': 'again-provider' }),
    ),
  );
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve(false);
    });
  });
}
