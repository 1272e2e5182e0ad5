import { post } from './api.js';

/** The last page of a consent window: it posts the result and closes the window. */
const ENDS_AT = '/connected.html';

/** The channel on which it posts `{ platform, error }`. */
const CHANNEL = 'soul-signature.connect';

/**
 * Asks for the provider's consent in a new window, so that this page stays open; if the browser blocks the window, in
 * this one. The window opens before anything is awaited, because browsers allow it only in response to a click. Its
 * `opener` is cleared: the provider's page cannot reach this one, and this one does not notice when it closes.
 * @returns whether a window was opened
 */
export async function askInWindow(platform) {
  const own = window.open('', '_blank', 'popup,width=560,height=780');
  if (!own) {
    await askHere(platform);
    return false;
  }
  try {
    const address = await authorize(platform, ENDS_AT);
    own.opener = null;
    own.location.replace(address);
    return true;
  } catch (error) {
    own.close();
    throw error;
  }
}

/** Opens the provider's consent page in this window. */
export async function askHere(platform) {
  location.assign(await authorize(platform, '/'));
}

async function authorize(platform, returnTo) {
  const { data } = await post(`/api/connectors/${platform}/authorize`, { returnTo });
  return data.authorizationUrl;
}

/** Calls back with the result of each consent window, those of other tabs included. */
export function onConnectEnd(heard) {
  new BroadcastChannel(CHANNEL).addEventListener('message', ({ data }) => heard(data));
}

/** Posts how this window ended: `/connected.html?connected=spotify`, or `?error=CODE&platform=spotify`. */
export function tellConnectEnd(search) {
  const query = new URLSearchParams(search);
  const end = { platform: query.get('connected') ?? query.get('platform'), error: query.get('error') };
  const channel = new BroadcastChannel(CHANNEL);
  channel.postMessage(end);
  channel.close();
  return end;
}
