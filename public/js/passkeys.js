import { ApiError, get, post } from './api.js';
import { showError } from './banner.js';
import { button } from './element.js';

/** The request that waits for the browser's autofill: a browser answers one at a time. */
let autofill = new AbortController();

/** Whether the browser reads and writes WebAuthn's JSON. */
export function knowsPasskeys() {
  const known = window.PublicKeyCredential;
  return Boolean(known?.parseCreationOptionsFromJSON && known.parseRequestOptionsFromJSON && known.prototype.toJSON);
}

/** What a browser says instead of an answer, for the person; null where it was the person who left it. */
function refusalOf({ name, message }) {
  switch (name) {
    case 'NotAllowedError':
    case 'AbortError':
      return null;
    case 'InvalidStateError':
      return new Error('This device has a passkey for you already.');
    case 'SecurityError':
      return new Error('At this address of the page passkeys do not work. Open the page at its usual one.');
    default:
      return new Error(`The passkey did not work: ${message}`);
  }
}

/** Asks the browser; resolves with WebAuthn's JSON, and with null when the person leaves it. */
async function ask(request) {
  autofill.abort();
  try {
    return (await request()).toJSON();
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal) throw refusal;
    return null;
  }
}

/** Makes a passkey at the person's device; resolves as above. */
export async function newCredential() {
  const { data } = await post('/api/me/passkeys/options');
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(data);
  return ask(() => navigator.credentials.create({ publicKey }));
}

/** Signs in; resolves with the server's answer, and with null when the person leaves it. `again`: as who they are. */
export async function signInWithPasskey({ again = false } = {}) {
  const { data } = await post('/api/auth/passkeys/options', { again });
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(data);
  const credential = await ask(() => navigator.credentials.get({ publicKey }));
  return credential && (await post('/api/auth/passkeys/sign-in', credential)).data;
}

/**
 * Lets the browser offer passkeys where the form asks for a name, for as long as the form is there. What it was given to
 * sign lasts only for minutes, so it is asked anew when that is over.
 */
async function offerInAutofill(form, signedIn) {
  autofill.abort();
  const mine = (autofill = new AbortController());
  if (!(await PublicKeyCredential.isConditionalMediationAvailable?.())) return;
  while (form.isConnected && !mine.signal.aborted) {
    const { data } = await post('/api/auth/passkeys/options', {});
    const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON(data);
    const signal = AbortSignal.any([mine.signal, AbortSignal.timeout(data.timeout)]);
    try {
      const credential = await navigator.credentials.get({ publicKey, mediation: 'conditional', signal });
      signedIn((await post('/api/auth/passkeys/sign-in', credential.toJSON())).data);
      return;
    } catch (error) {
      if (signal.aborted) continue;
      if (error instanceof ApiError) showError(error);
      return; // The button is left.
    }
  }
}

/** Adds to a form with name and password that one can sign in with a passkey instead. */
export function offerPasskeys(form, signedIn) {
  const waitForAutofill = () => void offerInAutofill(form, signedIn).catch(() => {});
  const signIn = async () => {
    try {
      const data = await signInWithPasskey();
      if (data) return signedIn(data);
    } catch (error) {
      showError(error);
    }
    return waitForAutofill();
  };
  form.append(button('Sign in with a passkey', signIn, { 'data-testid': 'passkey-sign-in' }));
  waitForAutofill();
}

/** Whether a passkey can show who the person is who is signed in. */
export async function hasPasskeys() {
  return knowsPasskeys() && (await get('/api/me/passkeys')).data.length > 0;
}
