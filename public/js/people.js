import { get, post } from './api.js';
import { clearBanner } from './banner.js';
import { button, element } from './element.js';
import { part, table } from './overview.js';
import { withRecentSignIn } from './sign-in-again.js';
import { count, day, listed, moment } from './words.js';

const WAYS = {
  password: 'a password',
  passkey: 'a passkey',
  oidc: 'the provider',
  demo: 'the demo',
  token: 'a token of another issuer',
};

/** How somebody is called in a sentence. */
const nameOf = ({ name, userId }) => name ?? userId;

/** Asks before somebody is locked; resolves with whether they are to be. */
function askLock(name) {
  const dialog = element(
    'dialog',
    { 'aria-labelledby': 'lock-title' },
    element(
      'form',
      { method: 'dialog' },
      element('h2', { id: 'lock-title' }, `Lock ${name}?`),
      element(
        'p',
        {},
        'They are signed out everywhere at once and cannot sign in until you unlock them. Nothing of theirs is deleted, and ',
        'their platforms are not read on schedule meanwhile.',
      ),
      element(
        'div',
        { class: 'actions' },
        element('button', { value: 'leave' }, 'Leave it'),
        element('button', { value: 'go', class: 'danger', 'data-testid': 'lock-confirm' }, 'Lock'),
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

/** An invitation's link, which is shown this once. */
function invited({ url, expiresAt }, close) {
  const link = element('input', { id: 'invitation', readonly: true, value: url, 'data-testid': 'invitation' });
  const said = element('span', { class: 'hint', role: 'status' });
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(url);
      said.textContent = 'Copied.';
    } catch {
      link.select();
      said.textContent = 'Your browser does not let us copy. The link is selected.';
    }
  };
  return element(
    'div',
    { class: 'invited' },
    element('label', { for: 'invitation' }, 'The link, shown this once'),
    link,
    element('p', { class: 'hint' }, `Whoever opens it first can make one account, until ${moment(expiresAt)}.`),
    element(
      'div',
      { class: 'actions' },
      button('Copy', copy, { 'data-testid': 'invitation-copy' }),
      button('Done', close, { 'data-testid': 'invitation-done' }),
      said,
    ),
  );
}

/**
 * Everybody on this server, for administrators. `act(action)` shows what goes wrong; `username` is the administrator's, where
 * they have one; `changed()` is called after every change.
 */
export function peoplePart({ act, username, changed }) {
  let people = [];
  let cursor = null;
  let search = '';
  const list = element('div', {});
  const place = element('div', {});
  const said = element('p', { class: 'hint', role: 'status', 'data-testid': 'people-said' });
  const more = button('Show more', () => act(() => load(cursor)), { class: 'quiet' });
  const input = element('input', {
    id: 'search-people',
    type: 'search',
    autocomplete: 'off',
    maxlength: 200,
    'data-testid': 'search-people',
  });

  /** A change that needs a sign-in of the last minutes; `sentence(data)` tells what it did. */
  const change = (path, body, sentence) =>
    act(async () => {
      clearBanner();
      said.textContent = '';
      const answer = await withRecentSignIn(username, () => post(path, body));
      if (answer === null) return undefined;
      said.textContent = sentence(answer.data);
      changed();
      return answer.data;
    });

  async function load(from) {
    const query = new URLSearchParams({ limit: '50', ...(search && { search }), ...(from && { cursor: from }) });
    const { data, page } = await get(`/api/users?${query.toString()}`);
    people = from ? [...people, ...data] : data;
    cursor = page.nextCursor;
    draw();
  }

  async function setLocked(person, locked) {
    const name = nameOf(person);
    if (locked && !(await askLock(name))) return;
    const path = `/api/users/${encodeURIComponent(person.userId)}/${locked ? 'lock' : 'unlock'}`;
    const now = await change(path, undefined, () => `${name} is ${locked ? 'locked' : 'not locked any more'}.`);
    if (!now) return;
    people = people.map((each) => (each.userId === now.userId ? now : each));
    draw();
    list.querySelector(`[data-testid="lock-${CSS.escape(now.userId)}"]`)?.focus();
  }

  const signOut = (person) =>
    change(
      `/api/users/${encodeURIComponent(person.userId)}/sign-out`,
      undefined,
      ({ ended }) => `${nameOf(person)} is signed out: ${count(ended, 'session')} ended.`,
    );

  async function invite() {
    const invitation = await change('/api/users/invitations', {}, () => 'Give the link to whom you invite.');
    if (!invitation) return;
    const close = () => {
      place.replaceChildren();
      inviteButton.focus();
    };
    place.replaceChildren(invited(invitation, close));
    place.querySelector('input').focus();
  }
  const inviteButton = button('Invite somebody', invite, { class: 'primary', 'data-testid': 'invite' });

  function rowOf(person) {
    const { userId, ways, createdAt, lastSeen, lockedAt, admin } = person;
    const name = nameOf(person);
    return [
      element('span', { title: userId }, name),
      [admin && 'administrator', lockedAt && `locked since ${day(lockedAt)}`].filter(Boolean).join(', '),
      listed(ways.map((way) => WAYS[way] ?? way)),
      day(createdAt),
      lastSeen ? day(lastSeen) : 'never',
      element(
        'div',
        { class: 'actions' },
        button(lockedAt ? 'Unlock' : 'Lock', () => setLocked(person, !lockedAt), {
          'aria-label': `${lockedAt ? 'Unlock' : 'Lock'} ${name}`,
          'data-testid': `lock-${userId}`,
        }),
        button('Sign out', () => signOut(person), {
          'aria-label': `Sign out ${name}`,
          'data-testid': `sign-out-${userId}`,
        }),
      ),
    ];
  }

  function draw() {
    const heads = ['Name', 'What they are', 'Way in', 'Since', 'Last seen', 'Change'];
    list.replaceChildren(table(heads, people.map(rowOf), 'Nobody is called that.'));
    for (const [n, row] of [...list.querySelectorAll('tbody tr')].entries()) {
      row.toggleAttribute('data-locked', people[n].lockedAt !== null);
    }
    more.hidden = cursor === null;
  }

  const find = (event) => {
    event.preventDefault();
    search = input.value.trim();
    said.textContent = '';
    void act(() => load(null));
  };
  const form = element(
    'form',
    { role: 'search', class: 'search', submit: find },
    element('div', { class: 'field' }, element('label', { for: 'search-people' }, 'A name or id'), input),
    element('button', { type: 'submit', 'data-testid': 'find' }, 'Find'),
    inviteButton,
  );
  const node = part('People', form, place, said, list, more);
  node.classList.add('people');
  node.dataset.testid = 'people';
  return { node, load: () => act(() => load(null)) };
}
