import { get, post, remove } from './api.js';
import { showBanner } from './banner.js';
import { askHere, askInWindow } from './connect-window.js';
import { askDisconnect } from './disconnect.js';
import { button, element } from './element.js';
import { isRunning } from './jobs.js';
import { offer } from './offered-buttons.js';
import { isNews, progressBar } from './progress.js';
import { tokenForm } from './token-form.js';
import { whoActs } from './who-acts.js';
import { count, fromNow, moment } from './words.js';

/** The platforms and their connections. */
export async function loadConnections() {
  const [platforms, status] = await Promise.all([get('/api/connectors/platforms'), get('/api/connectors/status')]);
  return { platforms: platforms.data, connections: status.data };
}

function standing(connection, job, live) {
  if (connection.status === 'needs_reconnect') return 'Our access has ended. Reconnect to go on reading.';
  if (isRunning(job) && !live) return 'Was being read';
  if (isRunning(job)) return job.state === 'delayed' ? 'Reading pauses' : 'Reading now';
  if (job?.state === 'failed') return 'The last reading did not come to its end.';
  if (!connection.lastSync) return 'Connected';
  const read = `Read ${fromNow(connection.lastSync)}`;
  return connection.items > 0 ? `${read} · ${count(connection.items, 'item')}` : read;
}

function notes(connection, job, title) {
  return [
    // A job that is known says so itself.
    !job && connection.problem && `${connection.problem.message} ${whoActs(connection.problem, title)}`,
    connection.missingScopes?.length > 0 &&
      `You did not allow everything (${connection.missingScopes.join(', ')}), so some parts stay unknown.`,
    connection.status === 'expiring' &&
      connection.grantExpiresAt &&
      `Access ends ${moment(connection.grantExpiresAt)}. Reconnect to keep it.`,
  ].filter(Boolean);
}

/** What an extraction left out: one line each, collapsed if there are more than two. */
function warningList(warnings, title, testId) {
  const list = element(
    'ul',
    { class: 'warnings', 'data-testid': testId },
    ...warnings.map(({ message, code, problem }) =>
      element('li', {}, message ?? code, problem && element('strong', {}, ` ${whoActs(problem, title)}`)),
    ),
  );
  if (warnings.length <= 2) return list;
  return element(
    'details',
    { class: 'more' },
    element('summary', {}, `${warnings.length} notes on the last reading`),
    list,
  );
}

/** One platform; `update` changes it in place. `act(action)` runs an action and shows what went wrong. */
function platformCard(platform, act, changed) {
  const { name, title, mode } = platform;
  const status = element('p', { class: 'standing' });
  const extra = element('div', { class: 'notes' });
  const actions = element('div', { class: 'actions' });
  const remarks = element('div', { class: 'remarks' });
  const progress = progressBar({ title, testId: `progress-${name}` });
  const id = (what) => ({ 'data-testid': `${what}-${name}` });
  const token = platform.personalToken ? tokenForm(platform, { act, connected: changed }) : null;
  let current = null;

  const elsewhere = element(
    'p',
    { class: 'hint elsewhere', role: 'status', hidden: true, ...id('elsewhere') },
    `${title} asks in a window of its own. `,
    button('Ask on this page', () => act(() => askHere(name)), { class: 'quiet', ...id('connect-here') }),
  );
  const ask = () =>
    act(async () => {
      elsewhere.hidden = !(await askInWindow(name));
    });
  const goConnect = (label) =>
    button(label, ask, {
      class: 'primary',
      'aria-label': `${label} ${title}`,
      ...id('connect'),
    });
  const again = button('Read again', () => act(async () => changed((await post(`/api/extraction/${name}`)).data)), {
    'aria-label': `Read again: ${title}`,
    ...id('extract'),
  });
  const retry = button('Try again', () => act(() => post(`/api/jobs/${current.id}/retry`)), {
    'aria-label': `Try again: ${title}`,
    ...id('retry'),
  });
  const stop = button('Stop', () => act(() => post(`/api/jobs/${current.id}/cancel`)), {
    'aria-label': `Stop: ${title}`,
    ...id('stop'),
  });
  const leave = button(
    'Disconnect',
    async () => {
      const answer = await askDisconnect(title);
      if (!answer) return;
      await act(async () => {
        const { data } = await remove(`/api/connectors/${name}${answer.deleteData ? '?deleteData=true' : ''}`);
        if (!data.revoked && mode === 'real') {
          showBanner(
            `Our access is deleted here. ${title} could not be notified; you can end it there too: ${data.appsUrl}`,
          );
        }
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
    elsewhere,
    token,
    remarks,
  );
  const withoutClient = token ? 'On this server only with a token of yours' : 'Not set up on this server';
  const notSetUp = mode === 'unavailable' ? withoutClient : '';
  const [begin, renew] = [goConnect('Connect'), goConnect('Reconnect')];
  let noted = '[]';

  function note(warnings) {
    const news = JSON.stringify(warnings);
    if (news === noted) return;
    noted = news;
    remarks.replaceChildren(...(warnings.length > 0 ? [warningList(warnings, title, `warnings-${name}`)] : []));
  }

  /** The button that retries, starts or cancels an extraction. */
  function reading(job) {
    if (isRunning(job)) return stop;
    return job?.state === 'failed' ? retry : again;
  }

  function update(connection, job, live) {
    const connected = Boolean(connection?.connected);
    const broken = connection?.status === 'needs_reconnect';
    // A new consent mends most of what a person can mend.
    const mendable = !isRunning(job) && job?.problem?.actor === 'person';
    const renewable = connection?.status === 'expiring' || mendable;
    current = job;
    if (connected && node.dataset.connected === 'false') elsewhere.hidden = true;
    node.dataset.connected = String(connected);
    status.textContent = connected || broken ? standing(connection, job, live) : notSetUp;
    status.hidden = status.textContent === '';
    extra.replaceChildren(
      ...(connected || broken ? notes(connection, job, title).map((note) => element('p', {}, note)) : []),
    );
    progress.update(connected || isNews(job) ? job : null, live);
    if (broken) offer(actions, renew, leave);
    else if (connected) offer(actions, renewable && renew, reading(job), leave);
    else offer(actions, mode !== 'unavailable' && begin);
    if (token) token.hidden = connected && !broken && !renewable;
    note(connected && job?.state === 'completed' ? (job.warnings ?? []) : []);
  }

  /** The consent window has ended. @returns whether this tab opened it */
  function ended() {
    const mine = !elsewhere.hidden;
    elsewhere.hidden = true;
    return mine;
  }
  return { node, update, ended };
}

/** All platforms; `update(connections, jobs, live)` keeps the cards; `live` is false while no news can come;
 * `ended(platform)` is called when a consent window has ended, and returns whether this page opened it. */
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
    ended: (name) => cards.get(name)?.ended() ?? false,
    update(connections, jobs, live) {
      for (const [name, card] of cards) {
        const job = jobs.ofPlatform(name);
        card.update(connections[name], connections[name]?.connected || isRunning(job) ? job : null, live);
      }
    },
  };
}
