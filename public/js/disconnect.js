import { element } from './element.js';

/** Asks before a platform is disconnected; resolves with null (kept) or `{ deleteData }`. */
export function askDisconnect(title) {
  const erase = element('input', { type: 'checkbox', id: 'delete-data', 'data-testid': 'disconnect-delete-data' });
  const dialog = element(
    'dialog',
    { 'aria-labelledby': 'disconnect-title' },
    element(
      'form',
      { method: 'dialog' },
      element('h2', { id: 'disconnect-title' }, `Disconnect ${title}?`),
      element(
        'p',
        {},
        `We forget our access, give it back to ${title} where that is possible, and stop reading. What was read stays, unless you say so here.`,
      ),
      element('label', { class: 'check', for: 'delete-data' }, erase, `Also delete what was read from ${title}`),
      element(
        'div',
        { class: 'actions' },
        element('button', { value: 'keep' }, 'Keep it'),
        element('button', { value: 'go', class: 'danger', 'data-testid': 'disconnect-confirm' }, 'Disconnect'),
      ),
    ),
  );
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve(dialog.returnValue === 'go' ? { deleteData: erase.checked } : null);
    });
  });
}
