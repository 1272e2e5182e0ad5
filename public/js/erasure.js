import { get } from './api.js';
import { element } from './element.js';
import { number } from './words.js';

const ASK_EVERY_MS = 1_000;

/** Shows that the account is being deleted. `update(job)` shows how far that is. */
export function erasureView() {
  const said = element('span', {}, 'Everything about you here is being deleted…');
  const share = element('span', { class: 'amount' });
  const node = element(
    'div',
    { 'data-testid': 'erasing' },
    // The number is outside of the live region: a screen reader would read it out every second.
    element('p', { class: 'drawing' }, element('span', { role: 'status' }, said), ' ', share),
    element(
      'p',
      { class: 'hint' },
      'Nothing can be read or added any more. You may close this page: it goes on without it.',
    ),
  );
  function update({ state, progress }) {
    share.textContent =
      state === 'failed' ? 'It has stopped, and the operator can let it go on.' : `${number(progress)} %`;
  }
  return { node, update };
}

/** Follows the job that deletes the account. Resolves when the server refuses the token: everything is gone then. */
export async function untilErased(jobId, update) {
  for (;;) {
    try {
      update((await get(`/api/jobs/${jobId}`)).data);
    } catch (error) {
      if (error.signedOut) return;
    }
    await new Promise((resolve) => setTimeout(resolve, ASK_EVERY_MS));
  }
}
