import { get, patch, post, remove } from './api.js';
import { button, element } from './element.js';
import { knowsPasskeys, newCredential } from './passkeys.js';
import { withRecentSignIn } from './sign-in-again.js';
import { token } from './session.js';

const LONGEST_NAME = 60;

const day = new Intl.DateTimeFormat('en', { dateStyle: 'medium' });

/** Asks for the name of a passkey in a dialog; `save(name)` resolves with whether the dialog is done. */
function nameDialog({ title, text, action, value }, save) {
  const problem = element('p', { class: 'problem', id: 'passkey-problem', role: 'alert' });
  const input = element('input', {
    id: 'passkey-name',
    required: true,
    maxlength: LONGEST_NAME,
    autocomplete: 'off',
    value,
    'aria-describedby': 'passkey-problem',
    'data-testid': 'passkey-name',
  });
  const submit = element('button', { type: 'submit', class: 'primary', 'data-testid': 'passkey-confirm' }, action);
  const onSubmit = async (event) => {
    event.preventDefault();
    submit.disabled = true;
    problem.textContent = '';
    try {
      if (await save(input.value)) dialog.close();
    } catch (error) {
      problem.textContent = error.message;
      input.focus();
    } finally {
      submit.disabled = false;
    }
  };
  const dialog = element(
    'dialog',
    { 'aria-labelledby': 'passkey-title' },
    element(
      'form',
      { submit: onSubmit },
      element('h2', { id: 'passkey-title' }, title),
      text && element('p', {}, text),
      element('div', { class: 'field' }, element('label', { for: 'passkey-name' }, 'Its name'), input, problem),
      element(
        'div',
        { class: 'actions' },
        button('Leave it', () => dialog.close()),
        submit,
      ),
    ),
  );
  dialog.addEventListener('close', () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  input.select();
}

/**
 * A person's passkeys, where the server and the browser know such; `username` is undefined for people without a password
 * here. It fills itself.
 */
export function passkeyList({ username, act }) {
  const list = element('ul', { class: 'passkeys', 'data-testid': 'passkeys' });
  const said = element('span', { class: 'hint', role: 'status' });
  const node = element(
    'div',
    { class: 'field', hidden: true },
    element('h3', {}, 'Passkeys'),
    element(
      'p',
      { class: 'hint' },
      'Sign in with your finger, your face or the PIN of your device, without a password.',
    ),
    list,
    element('div', { class: 'actions' }, button('Add a passkey', add, { 'data-testid': 'passkey-add' }), said),
  );

  function add() {
    const text = 'Your browser asks next where to keep it. The name is for you, to tell your passkeys apart.';
    nameDialog({ title: 'Add a passkey', text, action: 'Go on', value: 'My device' }, async (name) => {
      const credential = await withRecentSignIn(username, newCredential);
      if (!credential) return false;
      await post('/api/me/passkeys', { name, credential });
      await show('The passkey is added.');
      return true;
    });
  }

  function rename({ id, name: value }) {
    nameDialog({ title: 'Name this passkey', action: 'Save', value }, async (name) => {
      await patch(`/api/me/passkeys/${id}`, { name });
      await show('The name is changed.');
      return true;
    });
  }

  const take = ({ id }) =>
    act(async () => {
      const removed = await withRecentSignIn(username, () => remove(`/api/me/passkeys/${id}`));
      if (removed) await show('The passkey is removed. Delete it on your device as well.');
    });

  function row(passkey) {
    const { name, createdAt, lastUsedAt } = passkey;
    const used = lastUsedAt ? `last used on ${day.format(new Date(lastUsedAt))}` : 'never used';
    return element(
      'li',
      {},
      element(
        'div',
        {},
        element('strong', {}, name),
        element('p', { class: 'hint' }, `Added on ${day.format(new Date(createdAt))}, ${used}.`),
      ),
      element(
        'span',
        { class: 'actions' },
        button('Rename', () => rename(passkey), { class: 'quiet', 'aria-label': `Rename ${name}` }),
        button('Remove', () => take(passkey), { class: 'quiet', 'aria-label': `Remove ${name}` }),
      ),
    );
  }

  async function show(sentence = '') {
    const { data } = await get('/api/me/passkeys');
    list.replaceChildren(...data.map(row));
    said.textContent = sentence;
  }

  async function begin() {
    // With a token one does not sign in here.
    if (token() || !knowsPasskeys() || !(await get('/api/auth/ways')).data.passkeys) return;
    await show();
    node.hidden = false;
  }
  void act(begin);
  return node;
}
