import { get, remove } from './api.js';
import { archiveTitle, sampleLinks, whichFiles } from './archive-sources.js';
import { button, element } from './element.js';
import { importCard } from './import-card.js';
import { takeDroppedFiles } from './import-drop.js';
import { uploader } from './import-upload.js';
import { isRunning } from './jobs.js';
import { setTellers } from './tellers.js';
import { count } from './words.js';

/** How many imports are shown. */
const SHOWN = 50;

/** The formats of archives with their titles, and where samples are; the page works without them. */
export async function loadFormats() {
  try {
    return (await get('/api/imports/formats')).data;
  } catch (error) {
    if (error.signedOut) throw error;
    return { formats: [], samples: [] };
  }
}

/** How many items the imports gave of each platform that nothing but files tells of. */
function fromFilesAlone(imports, formats, isConnectable) {
  const platformOf = new Map(formats.map(({ name, platform }) => [name, platform]));
  const given = new Map();
  for (const { format, accepted } of imports.flatMap((imported) => imported.formats)) {
    const platform = platformOf.get(format);
    if (!platform || accepted === 0 || isConnectable(platform)) continue;
    given.set(platform, (given.get(platform) ?? 0) + accepted);
  }
  return [...given];
}

function givenRow([platform, items]) {
  return element(
    'li',
    { 'data-testid': `brought-${platform}` },
    element('strong', {}, archiveTitle(platform) ?? platform),
    element('small', {}, `${count(items, 'item')}, from files`),
  );
}

/**
 * The archives that a person brings: sending them, what was recognised, how reading goes, what came of it. `update(jobs,
 * live)` shows news of jobs, `event(event)` those of imports, `refresh()` loads the list again, `close()` ends it. `changed()` and
 * `expectSignature()` are called when the list is another one, and when a signature without an import will follow.
 */
export function importsPart({ act, formats: { formats, samples }, platforms, changed, expectSignature }) {
  const cards = new Map();
  const leaving = new Map();
  const over = new AbortController();
  const list = element('div', { class: 'imports', 'data-testid': 'imports' });
  const brought = element('ul', { class: 'brought', 'aria-label': 'From files alone', hidden: true });
  const said = element('p', { class: 'hint', role: 'status', 'data-testid': 'imports-said' });
  const picker = element('input', {
    type: 'file',
    multiple: true,
    hidden: true,
    'data-testid': 'archive-files',
    change: () => {
      const files = [...picker.files];
      picker.value = ''; // The same file may be chosen again.
      void sender.take(files);
    },
  });
  const choose = button('Choose files', () => picker.click(), { 'data-testid': 'archive-choose' });
  const which = whichFiles();
  const sender = uploader({ act, held: arrived, whichFiles: which.open, rest: () => choose.focus() });
  const node = element(
    'section',
    { class: 'archives', 'aria-labelledby': 'archives-title' },
    element('h2', { id: 'archives-title' }, 'Bring your archive'),
    element(
      'p',
      { class: 'hint' },
      'The copy of your data that platforms send you holds years. Drop its files anywhere on this page, zipped or not.',
    ),
    element('div', { class: 'actions' }, choose),
    picker,
    sender.node,
    said,
    list,
    brought,
    which.node,
    sampleLinks(samples),
  );
  takeDroppedFiles({ take: sender.take, nothing: sender.tookNothing }, over.signal);

  let imports = [];
  let turn = 0;
  let shown = { withId: () => null };
  let isLive = true;

  const formatTitle = (name) => formats.find((format) => format.name === name)?.title ?? name;
  const jobOf = ({ jobId }) => (jobId === null ? null : shown.withId(jobId));

  function draw() {
    const wanted = imports.filter(({ id }) => !leaving.has(id));
    const ids = new Set(wanted.map(({ id }) => id));
    for (const [id, card] of cards) {
      if (ids.has(id)) continue;
      const focused = card.node.contains(document.activeElement);
      card.node.remove();
      cards.delete(id);
      if (focused) choose.focus({ preventScroll: true });
    }
    // Cards that stay are not moved: they would lose the focus.
    for (const [index, imported] of wanted.entries()) {
      if (!cards.has(imported.id)) cards.set(imported.id, importCard(imported, ways(imported)));
      const card = cards.get(imported.id);
      if (list.children[index] !== card.node) list.insertBefore(card.node, list.children[index] ?? null);
      card.update(imported, jobOf(imported), isLive);
    }
    const given = fromFilesAlone(wanted, formats, (name) => platforms.some((platform) => platform.name === name));
    brought.replaceChildren(...given.map(givenRow));
    brought.hidden = given.length === 0;
  }

  function say(words) {
    said.textContent = words;
  }

  /** This page or another one has taken it out. */
  function left(id) {
    const way = leaving.get(id);
    if (!way) return;
    say(way.gone);
    if (way.counted) expectSignature();
    imports = imports.filter((imported) => imported.id !== id);
    leaving.delete(id);
  }

  function ways({ id }) {
    return {
      act,
      formatTitle,
      changed: refresh,
      leave: async (way) => {
        leaving.set(id, way);
        say(way.going);
        draw();
        try {
          // What comes of it is an event.
          await remove(`/api/imports/${id}`);
        } catch (error) {
          leaving.delete(id);
          say('');
          draw();
          throw error;
        }
      },
    };
  }

  async function refresh() {
    const mine = (turn += 1);
    const { data } = await get(`/api/imports?limit=${SHOWN}`);
    if (mine !== turn || over.signal.aborted) return;
    imports = data;
    setTellers({ broughtAt: new Map(data.map(({ id, createdAt }) => [id, createdAt])) });
    draw();
    changed();
  }

  /** Shows what was recognised in an upload, and leads there whoever has waited for it. */
  async function arrived(importId) {
    const waits = document.activeElement === document.body || node.contains(document.activeElement);
    await refresh();
    const card = cards.get(importId);
    say('We have looked into it. This is what we found:');
    if (waits) card?.node.focus({ preventScroll: true });
    card?.node.scrollIntoView({ block: 'nearest' });
  }

  return {
    node,
    refresh,
    /** Whether anything was brought, or is being read. */
    get hasAny() {
      return (
        imports.some(({ state, receipt }) => state !== 'held' && receipt.accepted + receipt.merged > 0) ||
        this.isReading
      );
    },
    get isReading() {
      return imports.some((imported) => isRunning(jobOf(imported)));
    },
    update(jobs, live) {
      shown = jobs;
      isLive = live;
      draw();
    },
    event({ type, importId }) {
      if (!type.startsWith('import_') || type === 'import_progress') return;
      if (type === 'import_deleted') {
        left(importId);
      } else if (leaving.size === 0) {
        say('');
      }
      void act(refresh);
    },
    close() {
      over.abort();
      sender.cancel();
    },
  };
}
