import { accountAccess } from './account-access.js';
import { download, remove } from './api.js';
import { button, element } from './element.js';
import { untilErased } from './erasure.js';
import { identitiesPart } from './identities.js';
import { passkeyList } from './passkey-list.js';
import { saveFile } from './save-file.js';
import { token } from './session.js';
import { withRecentSignIn } from './sign-in-again.js';
import { whoMayRead } from './who-may-read.js';

/** Asks before everything is deleted; resolves with the answer. A word has to be typed, because deletion is final. */
function askDelete() {
  const word = element('input', { id: 'delete-word', autocomplete: 'off', 'data-testid': 'delete-word' });
  const go = element(
    'button',
    { value: 'go', class: 'danger', disabled: true, 'data-testid': 'delete-confirm' },
    'Delete everything',
  );
  word.addEventListener('input', () => (go.disabled = word.value.trim().toLowerCase() !== 'delete'));
  const dialog = element(
    'dialog',
    { 'aria-labelledby': 'delete-title' },
    element(
      'form',
      { method: 'dialog' },
      element('h2', { id: 'delete-title' }, 'Delete everything?'),
      element(
        'p',
        {},
        'Your connections, all that was read, the archives you brought, every version of your signature and its history go, and access is given back to the platforms. Nobody can bring it back.',
      ),
      element('div', { class: 'field' }, element('label', { for: 'delete-word' }, 'Type “delete” to go on'), word),
      element('div', { class: 'actions' }, element('button', { value: 'keep', formnovalidate: true }, 'Keep it'), go),
    ),
  );
  // Enter in the field presses the first button of the form, which cancels.
  document.body.append(dialog);
  dialog.showModal();
  word.focus();
  return new Promise((resolve) => {
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve(dialog.returnValue === 'go');
    });
  });
}

/** The sentence after the deletion: where a provider did not revoke its tokens, the person can end the access there. */
function farewell({ connections = [] } = {}, titleOf) {
  const open = connections.filter(({ revoked }) => !revoked);
  const names = open.map(({ platform, appsUrl }) =>
    appsUrl ? `${titleOf(platform)} (${appsUrl})` : titleOf(platform),
  );
  const gone = 'Everything about you here has been deleted.';
  if (names.length === 0) return gone;
  return `${gone} ${new Intl.ListFormat('en').format(names)} could not be notified; you can end the access there.`;
}

/**
 * A check box for a setting; `checked` is undefined while it is not known. `save(yes)` resolves with whether it was
 * saved. The box keeps the keyboard focus meanwhile.
 */
function choice({ id, label, hint, checked, save }) {
  let saving = false;
  const outcome = element('span', { class: 'hint', role: 'status' });
  const box = element('input', {
    id,
    type: 'checkbox',
    checked,
    disabled: checked === undefined,
    'aria-describedby': `${id}-hint`,
    'data-testid': id,
    click: (event) => {
      if (saving) event.preventDefault();
    },
    change: async () => {
      saving = true;
      outcome.textContent = '';
      const saved = await save(box.checked);
      if (!saved) box.checked = !box.checked;
      outcome.textContent = saved ? 'Saved.' : 'Not saved.';
      saving = false;
    },
  });
  const unknown = checked === undefined && 'What you chose could not be loaded; reload the page to change it. ';
  return element(
    'div',
    { class: 'field' },
    element('div', { class: 'check' }, box, element('label', { for: id }, label), outcome),
    element('p', { class: 'hint', id: `${id}-hint` }, unknown, hint),
  );
}

/**
 * Export and deletion of the account. `deleting(whether)` is called before and after a deletion, `deleted(sentence)`
 * when it has succeeded. `erasing()` is called when it takes longer and returns a function that shows the job's progress.
 */
export function accountPart({ act, titleOf, me, saveMe, counted, saveCounted, deleting, erasing, deleted }) {
  const take = button(
    'Download everything',
    () => act(async () => saveFile(await download('/api/account/export'), 'soul-signature.json')),
    { 'data-testid': 'export' },
  );
  const erase = button(
    'Delete everything',
    async () => {
      if (!(await askDelete())) return;
      deleting(true);
      await act(async () => {
        const answer = await withRecentSignIn(me.username, () => remove('/api/account'));
        if (!answer) return;
        const { data } = answer;
        if (data?.jobId) await untilErased(data.jobId, erasing());
        deleted(farewell(data ?? {}, titleOf));
      });
      deleting(false);
    },
    { class: 'danger', 'data-testid': 'delete-account' },
  );
  return element(
    'section',
    { class: 'account', 'aria-labelledby': 'account-title' },
    element('h2', { id: 'account-title' }, 'All of this is yours'),
    element('p', { class: 'hint' }, 'Everything we hold about you as one JSON file, or gone for good.'),
    element('div', { class: 'actions' }, take, erase),
    me.username && accountAccess({ username: me.username, act }),
    !token() && whoMayRead({ username: me.username, act }),
    choice({
      id: 'sensitive-topics',
      label: 'Name sensitive themes too',
      hint: 'Health, belief, politics, sexuality and unions are left out of your themes unless you ask for them here. They are shown to you alone and never compared; when you turn this off, the signatures made with it are deleted.',
      checked: me.sensitiveTopics,
      save: (sensitiveTopics) => saveMe({ sensitiveTopics }),
    }),
    choice({
      id: 'counted',
      label: 'Count me among the others here',
      hint: 'Then your signature says where you stand among the people of this server who agreed too, once there are fifty of them. Nobody is named, and neither YouTube nor sensitive themes are counted.',
      checked: counted,
      save: saveCounted,
    }),
    // They fill themselves, so nothing stands below them that would move.
    identitiesPart({ username: me.username, act }),
    passkeyList({ username: me.username, act }),
  );
}
