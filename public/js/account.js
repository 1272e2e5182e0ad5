import { get, remove } from './api.js';
import { button, element } from './element.js';

/** Everything there is about a person, as a file. */
async function takeAlong() {
  const { data } = await get('/api/account/export');
  const address = URL.createObjectURL(new Blob([JSON.stringify(data, null, 2)], { type: 'application/json' }));
  element('a', { href: address, download: 'soul-signature.json' }).click();
  URL.revokeObjectURL(address);
}

/** What was given back to the providers, and what a person has to end there themselves. */
function farewell({ connections }, titleOf) {
  const left = connections.filter(({ revoked }) => !revoked);
  const names = left.map(({ platform, appsUrl }) => `${titleOf(platform)} (${appsUrl})`);
  return `Your account and everything in it is deleted.${names.length > 0 ? ` You can end the access also at ${names.join(', ')}.` : ''}`;
}

/** A person's data as a whole: to take along, or to take away. `left(sentence)` is called once there is no account. */
export function showYourData({ act, titleOf, left }) {
  const sure = element('input', { type: 'checkbox', id: 'delete-sure', 'data-testid': 'delete-sure' });
  const end = button(
    'Delete my account',
    () =>
      act(async () => {
        if (!sure.checked) return sure.focus();
        const { data } = await remove('/api/account');
        dialog.close();
        left(farewell(data, titleOf));
      }),
    { class: 'danger', 'data-testid': 'delete-account' },
  );
  const dialog = element(
    'dialog',
    { 'aria-labelledby': 'your-data-title' },
    element('h2', { id: 'your-data-title' }, 'Your data'),
    element(
      'p',
      {},
      'Everything that is kept about you, as one file: what was read, your signatures, what happened when.',
    ),
    button('Take it along', () => act(takeAlong), { 'data-testid': 'export-account' }),
    element(
      'p',
      {},
      'Or have all of it deleted: what was read, your signatures, our access to your platforms. It cannot be undone.',
    ),
    element('label', { class: 'check', for: 'delete-sure' }, sure, 'Yes, delete everything'),
    element(
      'div',
      { class: 'actions' },
      button('Close', () => dialog.close(), { class: 'quiet' }),
      end,
    ),
  );
  dialog.addEventListener('close', () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
