import { get, post, remove } from './api.js';
import { button, element } from './element.js';
import { token } from './session.js';
import { withRecentSignIn } from './sign-in-again.js';
import { moment } from './words.js';

/** Who the person is elsewhere, where this server lets people in by that; fills itself. */
export function identitiesPart({ username, act }) {
  const node = element('div', { class: 'field', hidden: true, 'data-testid': 'identities' });
  const sensitive = (action) => act(() => withRecentSignIn(username, action));

  const add = () =>
    sensitive(async () => {
      const { data } = await post('/api/me/identities');
      location.assign(data.authorizationUrl);
    });

  function row({ id, title, issuer, subject, lastUsedAt }) {
    const name = title ?? new URL(issuer).hostname;
    const takeAway = button(
      'Take away',
      async () => {
        await sensitive(() => remove(`/api/me/identities/${id}`));
        await act(load);
      },
      { class: 'quiet', 'aria-label': `Take away: ${name}, ${subject}`, 'data-testid': 'remove-identity' },
    );
    return element('li', {}, element('strong', {}, name), ` (${subject}), last used ${moment(lastUsedAt)} `, takeAway);
  }

  async function load() {
    const [{ data: ways }, { data: identities }] = await Promise.all([
      get('/api/auth/ways'),
      get('/api/me/identities'),
    ]);
    node.hidden = !(ways.oidc || identities.length > 0);
    if (node.hidden) return;
    node.replaceChildren(
      identities.length > 0
        ? element('p', {}, 'You sign in here with:')
        : element('p', {}, 'You can sign in here with another identity too.'),
      element('ul', { class: 'identities' }, identities.map(row)),
      ways.oidc
        ? button(`Add ${ways.oidc.title}`, add, { 'data-testid': 'add-identity' })
        : element('p', { class: 'hint' }, 'This server lets nobody in by them at the moment.'),
    );
  }

  // Only a session can change them. The page works without them.
  if (!token()) void load().catch(() => undefined);
  return node;
}
