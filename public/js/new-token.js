import { post } from './api.js';
import { button, element } from './element.js';
import { withRecentSignIn } from './sign-in-again.js';

const DAY_MS = 86_400_000;

/** How long a token can last, in days. */
const LIFETIMES = [
  ['30', '30 days'],
  ['90', '90 days'],
  ['365', 'A year'],
  ['', 'Until you end it'],
];

function openDialog(titleId, form) {
  const dialog = element('dialog', { 'aria-labelledby': titleId }, form);
  dialog.addEventListener('close', () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

/** The token, which is shown this once. */
function showToken({ name, token }) {
  const field = element('input', {
    id: 'made-token',
    value: token,
    readonly: true,
    autocomplete: 'off',
    spellcheck: 'false',
    'data-testid': 'made-token',
  });
  const said = element('span', { class: 'hint', role: 'status' });
  const copy = async () => {
    field.select();
    // Browsers offer the clipboard on https and on this machine only.
    const copied = await navigator.clipboard?.writeText(token).then(
      () => true,
      () => false,
    );
    said.textContent = copied ? 'Copied.' : 'It is selected: copy it with your keyboard.';
  };
  const dialog = openDialog(
    'made-token-title',
    element(
      'form',
      { method: 'dialog' },
      element('h2', { id: 'made-token-title' }, 'Here is the token'),
      element(
        'p',
        {},
        `Give it to “${name}” and to nobody else. It is shown now and never again; you can end it at any time.`,
      ),
      element('div', { class: 'field' }, element('label', { for: 'made-token' }, 'The token'), field),
      said,
      element(
        'div',
        { class: 'actions' },
        button('Copy', copy, { 'data-testid': 'copy-token' }),
        element('button', { class: 'primary', 'data-testid': 'token-kept' }, 'I have kept it'),
      ),
    ),
  );
  dialog.querySelector('[data-testid="copy-token"]').focus();
}

function scopeBox({ scope, words }) {
  const id = `scope-${scope.replace(':', '-')}`;
  const box = element('input', { id, type: 'checkbox', name: 'scope', value: scope, 'data-testid': id });
  return element('div', { class: 'check' }, box, element('label', { for: id }, words));
}

/** Asks for name, scopes and end of a new token, and shows it. `scopes` are those that the person may grant; `made()` follows. */
export function newTokenDialog({ username, scopes, made }) {
  const name = element('input', {
    id: 'token-name',
    required: true,
    maxlength: 100,
    autocomplete: 'off',
    'data-testid': 'token-name',
  });
  const boxes = scopes.map(scopeBox);
  const lifetime = element(
    'select',
    { id: 'token-lifetime', 'data-testid': 'token-lifetime' },
    LIFETIMES.map(([value, label]) => element('option', { value, selected: value === '90' }, label)),
  );
  const problem = element('p', { class: 'problem', role: 'alert' });
  const submit = element('button', { type: 'submit', class: 'primary', 'data-testid': 'token-make' }, 'Make a token');

  const onSubmit = async (event) => {
    event.preventDefault();
    const granted = boxes.flatMap((each) => {
      const box = each.querySelector('input');
      return box.checked ? [box.value] : [];
    });
    if (granted.length === 0) {
      problem.textContent = 'Say what it may do.';
      return;
    }
    submit.disabled = true;
    problem.textContent = '';
    const days = Number(lifetime.value);
    const expiresAt = days > 0 ? new Date(Date.now() + days * DAY_MS).toISOString() : undefined;
    const body = { name: name.value.trim(), scopes: granted, expiresAt };
    try {
      const answer = await withRecentSignIn(username, () => post('/api/tokens', body));
      if (!answer) return;
      dialog.close();
      showToken({ name: body.name, token: answer.data.token });
      made();
    } catch (error) {
      problem.textContent = error.message;
    } finally {
      submit.disabled = false;
    }
  };

  const dialog = openDialog(
    'new-token-title',
    element(
      'form',
      { submit: onSubmit },
      element('h2', { id: 'new-token-title' }, 'Let a program in'),
      element('div', { class: 'field' }, element('label', { for: 'token-name' }, 'What you call it'), name),
      element('fieldset', { class: 'scopes' }, element('legend', {}, 'It may'), boxes),
      element('div', { class: 'field' }, element('label', { for: 'token-lifetime' }, 'How long'), lifetime),
      problem,
      element(
        'div',
        { class: 'actions' },
        button('Leave it', () => dialog.close()),
        submit,
      ),
    ),
  );
  name.focus();
}
