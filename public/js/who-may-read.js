import { get, remove } from './api.js';
import { button, element } from './element.js';
import { newTokenDialog } from './new-token.js';
import { readLog } from './read-log.js';
import { day, fromNow, moment } from './words.js';

function entry({ testId, title, lines, end }) {
  return element(
    'li',
    { 'data-testid': testId },
    element(
      'div',
      {},
      element('p', {}, element('strong', {}, title)),
      lines.filter(Boolean).map((line) => element('p', { class: 'hint' }, line)),
    ),
    end,
  );
}

/** Somebody’s sessions, tokens of programs, and what programs read: collapsed, and loaded when it is opened. */
export function whoMayRead({ username, act }) {
  const sessions = element('ul', { class: 'history' });
  const tokens = element('ul', { class: 'history' });
  const log = readLog({ act });
  let scopes = [];

  const ending = (label, path, about, testId) =>
    button(
      label,
      () =>
        act(async () => {
          await remove(path);
          await load();
        }),
      { class: 'quiet', 'aria-label': `${label}: ${about}`, 'data-testid': testId },
    );

  function sessionEntry({ id, createdAt, lastSeenAt, current }) {
    const since = `Signed in ${moment(createdAt)}`;
    return entry({
      testId: 'session',
      title: current ? 'Here' : 'Elsewhere',
      lines: [current ? since : `${since}, last seen ${fromNow(lastSeenAt)}`],
      end: !current && ending('Sign out', `/api/sessions/${id}`, since, 'end-session'),
    });
  }

  function tokenEntry({ id, name, scopes: granted, createdAt, expiresAt, lastUse }) {
    const mayDo = granted.map((scope) => scopes.find((each) => each.scope === scope)?.words ?? scope).join('. ');
    const lasts = `Since ${day(createdAt)}, ${expiresAt ? `until ${day(expiresAt)}` : 'without an end'}`;
    const used = lastUse ? `Last used ${day(lastUse.day)}, over ${lastUse.family}` : 'Never used';
    return entry({
      testId: 'program',
      title: name,
      lines: [`${mayDo}.`, lasts, used],
      end: ending('End', `/api/tokens/${id}`, name, 'end-token'),
    });
  }

  const fill = (list, entries, nothing) =>
    list.replaceChildren(...(entries.length > 0 ? entries : [element('li', {}, nothing)]));

  async function load() {
    const [signedIn, programs] = await Promise.all([get('/api/sessions'), get('/api/tokens')]);
    scopes = programs.scopes;
    fill(sessions, signedIn.data.map(sessionEntry), 'Nowhere.');
    fill(tokens, programs.data.map(tokenEntry), 'No program can read anything.');
    await log.load(scopes);
  }

  const make = button(
    'Let a program in',
    () => act(() => newTokenDialog({ username, scopes, made: () => act(load) })),
    { 'data-testid': 'new-token' },
  );
  const node = element(
    'details',
    { class: 'who-may-read', 'data-testid': 'who-may-read' },
    element('summary', {}, 'Who may read'),
    element('h3', {}, 'Where you are signed in'),
    sessions,
    element('h3', {}, 'Programs that you let in'),
    tokens,
    make,
    element('h3', {}, 'What they did'),
    log.node,
  );
  node.addEventListener('toggle', () => {
    if (node.open) void act(load);
  });
  return node;
}
