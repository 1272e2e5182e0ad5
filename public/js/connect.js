import { get, post, remove } from './api.js';
import { askDisconnect } from './disconnect.js';
import { button, element } from './element.js';
import { isRunning } from './jobs.js';
import { isNews, progressBar } from './progress.js';
import { count, fromNow, moment } from './words.js';

/** What can be connected, and what is. */
export async function loadConnections() {
  const [platforms, status] = await Promise.all([get('/api/connectors/platforms'), get('/api/connectors/status')]);
  return { platforms: platforms.data, connections: status.data };
}

/** Leaves for the provider's consent page. */
async function connect(name) {
  const { data } = await post(`/api/connectors/${name}/authorize`, { returnTo: '/' });
  location.assign(data.authorizationUrl);
}

function standing(connection, job) {
  if (connection.status === 'needs_reconnect') return 'Our access has ended. Reconnect to go on reading.';
  if (isRunning(job)) return job.state === 'delayed' ? 'Reading pauses for a moment' : 'Reading now';
  if (!connection.lastSync) return 'Connected';
  const read = `Read ${fromNow(connection.lastSync)}`;
  return connection.items > 0 ? `${read} · ${count(connection.items, 'item')}` : read;
}

function notes(connection) {
  return [
    connection.missingScopes?.length > 0 &&
      `You did not allow everything (${connection.missingScopes.join(', ')}), so some parts stay unknown.`,
    connection.status === 'expiring' &&
      connection.grantExpiresAt &&
      `Access ends ${moment(connection.grantExpiresAt)}. Reconnect to keep it.`,
  ].filter(Boolean);
}

/** One platform; `update` changes it in place. `act(action)` runs an action and shows what went wrong. */
function platformCard(platform, act, changed) {
  const { name, title, mode } = platform;
  const status = element('p', { class: 'standing' });
  const extra = element('div', { class: 'notes' });
  const actions = element('div', { class: 'actions' });
  const progress = progressBar({ label: `Reading ${title}`, testId: `progress-${name}` });
  const id = (what) => ({ 'data-testid': `${what}-${name}` });

  const goConnect = (label) =>
    button(label, () => act(() => connect(name)), {
      class: 'primary',
      'aria-label': `${label} ${title}`,
      ...id('connect'),
    });
  const again = button('Read again', () => act(async () => changed((await post(`/api/extraction/${name}`)).data)), {
    'aria-label': `Read ${title} again`,
    ...id('extract'),
  });
  const leave = button(
    'Disconnect',
    async () => {
      const answer = await askDisconnect(title);
      if (!answer) return;
      await act(async () => {
        await remove(`/api/connectors/${name}${answer.deleteData ? '?deleteData=true' : ''}`);
        changed(answer);
      });
    },
    { class: 'quiet', 'aria-label': `Disconnect ${title}`, ...id('disconnect') },
  );

  const node = element(
    'article',
    { class: 'platform', 'aria-label': title, ...id('platform') },
    element(
      'h3',
      {},
      title,
      mode === 'sandbox' && element('span', { class: 'tag', title: 'A stand-in with invented data' }, 'sandbox'),
    ),
    element('p', { class: 'reads' }, platform.reads?.length > 0 && `Reads ${platform.reads.join(', ')}.`),
    status,
    progress.node,
    extra,
    actions,
  );
  const choices = {
    none: [],
    connect: [goConnect('Connect')],
    connected: [again, leave],
    reconnect: [goConnect('Reconnect'), leave],
  };
  let choice = null;

  function update(connection, job) {
    const connected = Boolean(connection?.connected);
    const broken = connection?.status === 'needs_reconnect';
    node.dataset.connected = String(connected);
    status.textContent =
      connected || broken ? standing(connection, job) : mode === 'unavailable' ? 'Not set up on this server' : '';
    status.hidden = status.textContent === '';
    extra.replaceChildren(...(connected || broken ? notes(connection).map((note) => element('p', {}, note)) : []));
    progress.update(connected || isNews(job) ? job : null);
    again.disabled = isRunning(job);
    const wanted =
      broken || connection?.status === 'expiring'
        ? 'reconnect'
        : connected
          ? 'connected'
          : mode === 'unavailable'
            ? 'none'
            : 'connect';
    if (wanted !== choice) actions.replaceChildren(...choices[(choice = wanted)]);
  }
  return { node, update };
}

/** All platforms; `update(connections, jobs)` keeps the cards. */
export function platformList(platforms, { act, changed }) {
  const cards = new Map(platforms.map((platform) => [platform.name, platformCard(platform, act, changed)]));
  const list = element('div', { class: 'platforms' }, ...[...cards.values()].map((card) => card.node));
  const node = element(
    'section',
    { class: 'sources', 'aria-labelledby': 'sources-title' },
    element('h2', { id: 'sources-title' }, 'Where it comes from'),
    list,
  );
  return {
    node,
    update(connections, jobs) {
      for (const [name, card] of cards) {
        const job = jobs.ofPlatform(name);
        card.update(connections[name], connections[name]?.connected || isRunning(job) ? job : null);
      }
    },
  };
}
