import { element } from './element.js';
import { signInReturn } from './sign-in-return.js';

const place = document.getElementById('banner-place');

/** Messages for failed connects and what to do about them; `%` stands for the platform's title. */
const CONNECTING = {
  CONNECT_DENIED: 'You did not allow access to %, so nothing was connected.',
  CONNECT_STATE_INVALID: 'This way of connecting % is not known here. Please start again with Connect.',
  CONNECT_EXPIRED: 'Connecting % took longer than ten minutes. Please start again.',
  CONNECT_ALREADY_COMPLETED: 'This connection to % was already finished. There is nothing left to do.',
  CONNECT_WRONG_BROWSER: 'Connecting % began in another browser. Please start and finish in the same one.',
  CONNECT_CODE_REFUSED: '% did not accept the confirmation it gave us. Please try again.',
  PROVIDER_UNAVAILABLE: '% cannot be reached at the moment. Please try again in a few minutes.',
};

export function clearBanner() {
  place.replaceChildren();
}

/** One sentence at the top until it is dismissed; a newer one replaces it. */
export function showBanner(sentence, { code = null, requestId = null } = {}) {
  const small = [code, requestId && `request ${requestId}`].filter(Boolean).join(' · ');
  place.replaceChildren(
    element(
      'div',
      { class: 'banner', 'data-testid': 'banner', 'data-code': code },
      element('p', {}, sentence, small && element('small', {}, small)),
      element('button', { type: 'button', class: 'quiet', click: clearBanner, 'aria-label': 'Dismiss' }, '×'),
    ),
  );
}

export function showError(error) {
  const wait = error.retryAfter ? ` Try again in ${error.retryAfter} s.` : '';
  showBanner(error.message + wait, { code: error.code ?? null, requestId: error.requestId ?? null });
}

/**
 * `/?connected=spotify` and `/?error=CODE&platform=spotify`, to which a provider's page redirects, and the same for signing
 * in: shown once, then removed.
 */
export function showReturn(titleOf) {
  const query = new URLSearchParams(location.search);
  const signedIn = signInReturn(query);
  if (signedIn) {
    history.replaceState(null, '', location.pathname);
    showBanner(signedIn.sentence, { code: signedIn.code });
    return;
  }
  if (!query.has('error') && !query.has('connected')) return;
  history.replaceState(null, '', location.pathname);
  if (!query.has('error')) return;
  showNotConnected(query.get('error'), titleOf(query.get('platform') ?? '') || 'The platform');
}

/** Shows why the platform `title` was not connected. */
export function showNotConnected(code, title) {
  showBanner(CONNECTING[code]?.replaceAll('%', title) ?? `${title} could not be connected.`, { code });
}
