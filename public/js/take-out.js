import { element } from './element.js';
import { filesWords } from './import-words.js';

/** Asks before an import is taken out again; resolves with whether it shall be. */
export function askTakeOut({ files }) {
  const dialog = element(
    'dialog',
    { 'aria-labelledby': 'take-out-title' },
    element(
      'form',
      { method: 'dialog' },
      element('h2', { id: 'take-out-title' }, 'Take it out again?'),
      element(
        'p',
        {},
        `What only ${filesWords(files)} has told goes, with its receipt. What another archive or a connected platform has told too stays. Your signature is drawn anew without it.`,
      ),
      element('p', { class: 'hint' }, 'You can bring the same archive again at any time.'),
      element(
        'div',
        { class: 'actions' },
        element('button', { value: 'keep' }, 'Keep it'),
        element('button', { value: 'go', class: 'danger', 'data-testid': 'take-out-confirm' }, 'Take it out'),
      ),
    ),
  );
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve(dialog.returnValue === 'go');
    });
  });
}
