import { accountPart } from './account.js';
import { get, patch, post, put } from './api.js';
import { archiveTitle } from './archive-sources.js';
import { clearBanner, showBanner, showError, showNotConnected, showReturn } from './banner.js';
import { onConnectEnd } from './connect-window.js';
import { loadConnections, platformList } from './connect.js';
import { element } from './element.js';
import { erasureView } from './erasure.js';
import { jobHistory } from './history.js';
import { importsPart, loadFormats } from './imports.js';
import { isRunning, Jobs } from './jobs.js';
import { Live } from './live.js';
import { forgetToken, token } from './session.js';
import { signInView } from './sign-in.js';
import { emptySignature, signatureView } from './signature.js';
import { setTellers } from './tellers.js';
import { showWho } from './who.js';

const main = document.getElementById('main');
const who = document.getElementById('who');

/** Why a sign-in can end while the page is open. */
const ENDS = {
  TOKEN_EXPIRED: 'Your sign-in has expired. Please sign in again.',
  ACCOUNT_DELETED: 'Your account and everything in it is deleted.',
  ACCOUNT_LOCKED: 'Your account is locked, and nothing in it is deleted. Please ask whoever runs this server.',
};

/** Everything the page shows while someone is signed in; null otherwise. */
let page = null;

function signOut(why, ways) {
  page?.live?.close();
  page?.imports?.close();
  page = null;
  forgetToken();
  who.replaceChildren();
  main.className = 'signed-out';
  main.replaceChildren(signInView({ why, ways, done: start }));
}

/** A token ends with being forgotten, a session at the server. */
const leave = () =>
  act(async () => {
    if (!token()) await post('/api/auth/sign-out');
    signOut();
  });

/** Runs an action of the person: a failure is shown as a banner, a refused token signs out. */
async function act(action) {
  const mine = page;
  try {
    return await action();
  } catch (error) {
    if (mine !== page) return undefined;
    if (error.signedOut) signOut(ENDS[error.code] ?? 'Your sign-in has ended. Please sign in again.');
    else showError(error);
    return undefined;
  }
}

function draw() {
  page.list.update(page.connections, page.jobs, page.offline.hidden);
  page.imports.update(page.jobs, page.offline.hidden);
  showState();
}

function showState() {
  const reading = page.imports.isReading || page.platforms.some(({ name }) => isRunning(page.jobs.ofPlatform(name)));
  page.status.textContent = reading ? '' : drawingWords(isRunning(page.jobs.ofSignature()));
  page.status.hidden = page.status.textContent === '';
}

function drawingWords(running) {
  if (running) return 'Drawing your signature…';
  return page.next ? 'Read. Your signature is drawn next…' : '';
}

/** Shows the newest signature, or that there is none yet; what is shown already stays as it is. */
async function loadSignature() {
  const mine = page;
  const turn = (mine.turn += 1);
  const name = mine.me.displayName;
  // The list of versions may be empty; the signature itself would be a 404, which browsers write into their console.
  const [newest] = (await get('/api/soul-signature/versions?limit=1')).data;
  if (newest && mine.shown === String(newest.version)) return;
  const signature = newest ? (await get('/api/soul-signature')).data : null;
  if (mine !== page || turn !== page.turn) return;
  const connected = page.imports.hasAny || Object.values(page.connections).some((connection) => connection.connected);
  const shown = signature ? String(signature.version) : `none ${connected}`;
  if (page.shown === shown) return;
  page.shown = shown;
  page.coverage = signature?.coverage;
  main.dataset.stage = signature ? 'known' : 'new';
  page.place.replaceChildren(
    signature ? signatureView(signature, { name, titleOf, saveZone, act }) : emptySignature({ connected, name }),
  );
}

async function refreshConnections() {
  const mine = page;
  const { data } = await get('/api/connectors/status');
  if (mine !== page) return;
  page.connections = data;
  draw();
}

function titleOf(name) {
  const connectable = page?.platforms.find((platform) => platform.name === name)?.title;
  return connectable ?? page?.coverage?.[name]?.title ?? archiveTitle(name) ?? name; // of some there are only archives
}

/** Saves settings and expects a new signature. Resolves with whether they were saved. */
async function followed(save) {
  let saved = false;
  await act(async () => {
    await save();
    saved = true;
    await post('/api/soul-signature/build');
  });
  return saved;
}

const saveMe = (changes) =>
  followed(async () => {
    page.me = (await patch('/api/me', changes)).data ?? { ...page.me, ...changes };
    drawWho();
  });

/** Undefined when it cannot be loaded: the page works without it. */
const loadCounted = () =>
  get('/api/soul-signature/population').then(
    ({ data }) => data.participate,
    () => undefined,
  );

const saveCounted = (participate) => followed(() => put('/api/soul-signature/population', { participate }));

const saveZone = (timeZone) => saveMe({ timeZone });

function deleting(whether) {
  if (page) page.deleting = whether;
}

/** Whether an event says that the signature will rest on something else. */
function brings({ type, receipt }) {
  if (type === 'extraction_completed' || type === 'import_deleted') return true;
  return (type === 'import_completed' || type === 'import_cancelled') && receipt.accepted + receipt.merged > 0;
}

/** Nothing but the deletion is shown from here on. */
function erasing() {
  page.live?.close();
  page.imports.close();
  who.replaceChildren();
  const view = erasureView();
  main.replaceChildren(view.node);
  return view.update;
}

function drawWho() {
  showWho(who, page.me, { saveZone, leave });
}

/**
 * A build follows an extraction within seconds; the page announces it until it begins, or until it turns out that none
 * comes.
 */
function expectSignature() {
  const mine = page;
  clearTimeout(mine.next);
  mine.next = setTimeout(() => {
    mine.next = null;
    if (mine === page) draw();
  }, 20_000);
}

const live = {
  snapshot(snapshot) {
    page.jobs.reset(snapshot.jobs);
    page.connections = snapshot.connections;
    page.offline.hidden = true;
    draw();
    page.history.refresh();
    void act(page.imports.refresh);
    void act(loadSignature);
  },
  event(event) {
    page.jobs.apply(event);
    page.imports.event(event);
    if (brings(event)) expectSignature();
    if (event.type.startsWith('signature_')) page.next = clearTimeout(page.next);
    draw();
    if (!event.transient) page.history.refresh();
    if (event.type === 'signature_completed') void act(loadSignature);
    if (event.type === 'signature_failed' && !event.willRetry) {
      showBanner('Your signature could not be drawn this time.', { code: event.error?.code });
    }
    if (
      event.type === 'connection_status' ||
      event.type === 'extraction_completed' ||
      (event.type === 'extraction_failed' && !event.willRetry) ||
      event.type === 'extraction_cancelled' ||
      event.type === 'extraction_expired'
    ) {
      void act(refreshConnections);
    }
  },
  anew() {
    page.shown = undefined;
    void act(refreshConnections);
    void act(page.imports.refresh);
    void act(loadSignature);
  },
  online(online) {
    // The snapshot after the reconnect updates the bars; until then they stay unsure.
    if (!online) page.offline.hidden = false;
    draw();
  },
  signedOut(code) {
    if (page?.deleting) return; // The answer to the deletion explains more.
    signOut(ENDS[code] ?? 'Your sign-in is not accepted any more. Please sign in again.');
  },
};

async function start() {
  clearBanner();
  page = { jobs: new Jobs(), connections: {}, platforms: [], me: {}, shown: undefined, turn: 0 };
  main.className = 'signed-in';
  main.dataset.stage = 'new';
  main.replaceChildren(element('p', { class: 'loading', role: 'status' }, 'One moment…'));
  const loaded = await act(async () => {
    const [me, counted, connecting, formats] = await Promise.all([
      get('/api/me'),
      loadCounted(),
      loadConnections(),
      loadFormats(),
    ]);
    Object.assign(page, connecting, { me: me.data, counted, formats });
    return true;
  });
  if (!loaded) {
    if (page) main.replaceChildren();
    return;
  }
  page.list = platformList(page.platforms, {
    act,
    changed: ({ deleteData }) => {
      if (deleteData) page.shown = undefined;
      void act(async () => {
        await refreshConnections();
        await loadSignature();
      });
    },
  });
  page.imports = importsPart({
    act,
    formats: page.formats,
    platforms: page.platforms,
    changed: () => page && showState(),
    expectSignature,
  });
  setTellers({ titleOf });
  page.status = element('p', { class: 'drawing', role: 'status', hidden: true, 'data-testid': 'signature-status' });
  page.offline = element(
    'p',
    { class: 'offline', role: 'status', hidden: true },
    'The live connection is interrupted. Trying to come back…',
  );
  page.place = element('div', {});
  page.history = jobHistory({ titleOf, act });
  drawWho();
  main.replaceChildren(
    element('div', { class: 'ways-in' }, page.list.node, page.imports.node),
    element('div', { class: 'portrait-place' }, page.offline, page.status, page.place),
    element(
      'div',
      { class: 'below' },
      page.history.node,
      accountPart({
        act,
        titleOf,
        me: page.me,
        saveMe,
        counted: page.counted,
        saveCounted,
        deleting,
        erasing,
        deleted: (sentence) => signOut(sentence),
      }),
    ),
  );
  showReturn(titleOf);
  draw();
  if (document.activeElement === document.body) main.focus({ preventScroll: true });
  await act(page.imports.refresh);
  if (page) await act(loadSignature);
  if (!page) return;
  if (typeof io === 'function') page.live = new Live(token(), live);
  else showBanner('Live updates are not available. Reload the page to see what is new.', { code: 'NO_SOCKET' });
}

onConnectEnd(({ platform, error }) => {
  if (!page?.list?.ended(platform)) return;
  if (error) showNotConnected(error, titleOf(platform));
  else void act(refreshConnections);
});

/** Somebody who was here before is still signed in; nothing is shown until that is known. */
async function begin() {
  if (token()) return start();
  const ways = await get('/api/auth/ways').then(
    ({ data }) => data,
    () => undefined, // The first page asks again, and says what is wrong.
  );
  if (ways?.signedIn) return start();
  signOut(undefined, ways);
  showReturn(titleOf);
  return undefined;
}

await begin();
