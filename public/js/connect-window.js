import { post } from './api.js';

/** Where a window that asked for consent ends; it says so here and closes itself. */
const ENDS_AT = '/connected.html';

/** What such a window says, and to whom: `{ platform, error }`. */
const CHANNEL = 'soul-signature.connect';

/**
 * Asks for the provider's consent in a window of its own, so that this page stays what it is; where the browser opens none,
 * by leaving. The window opens before anything is awaited, because browsers allow it only upon a press. It is cut off from
 * this page: the provider's page in it gets no hold of ours, and we do not see it close.
 * @returns whether a window has opened
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

/** Leaves for the provider's consent page. */
export async function askHere(platform) {
  location.assign(await authorize(platform, '/'));
}

async function authorize(platform, returnTo) {
  const { data } = await post(`/api/connectors/${platform}/authorize`, { returnTo });
  return data.authorizationUrl;
}

/** Hears how windows ended, those of other tabs included. */
export function onConnectEnd(heard) {
  new BroadcastChannel(CHANNEL).addEventListener('message', ({ data }) => heard(data));
}

/** Says how this window ended: `/connected.html?connected=spotify`, or `?error=CODE&platform=spotify`. */
export function tellConnectEnd(search) {
  const query = new URLSearchParams(search);
  const end = { platform: query.get('connected') ?? query.get('platform'), error: query.get('error') };
  const channel = new BroadcastChannel(CHANNEL);
  channel.postMessage(end);
  channel.close();
  return end;
}
