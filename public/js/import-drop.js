import { element } from './element.js';

const hasFiles = ({ dataTransfer }) => Boolean(dataTransfer?.types.includes('Files'));

/** The files in a folder that was dropped, with those in its folders. */
async function filesIn(entry) {
  if (entry.isFile) return [await new Promise((resolve, reject) => entry.file(resolve, reject))];
  const reader = entry.createReader();
  const files = [];
  for (;;) {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (some.length === 0) return files;
    for (const inside of some) files.push(...(await filesIn(inside)));
  }
}

/** Must be called before anything is awaited: what was dropped can be read during the event only. */
function filesOf({ files, items }) {
  const entries = [...items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.some(({ isDirectory }) => isDirectory)) return Promise.resolve([...files]);
  return Promise.all(entries.map(filesIn)).then((found) => found.flat());
}

/**
 * Takes files that are dropped anywhere on the page, and says so while they are dragged; text and links are left alone.
 * `take(files)` gets them, `nothing()` is called when there are none, or none that can be read. `signal` ends it.
 */
export function takeDroppedFiles({ take, nothing }, signal) {
  const overlay = element(
    'div',
    { class: 'drop', hidden: true, 'aria-hidden': 'true', 'data-testid': 'drop' },
    element(
      'div',
      {},
      element('strong', {}, 'Let go, and we look into it'),
      element('p', {}, 'You see what is in it before anything is taken in.'),
    ),
  );
  let inside = 0;
  const show = (depth) => {
    inside = Math.max(0, depth);
    overlay.hidden = inside === 0;
  };
  const on = (type, listener) =>
    document.addEventListener(
      type,
      (event) => {
        if (hasFiles(event)) listener(event);
      },
      { signal },
    );
  on('dragenter', () => show(inside + 1));
  on('dragleave', () => show(inside - 1));
  on('dragover', (event) => {
    event.preventDefault();
    event.dataTransfer.dropEffect = 'copy';
  });
  on('drop', (event) => {
    event.preventDefault(); // Otherwise the browser would leave the page and show the file.
    show(0);
    void filesOf(event.dataTransfer)
      .catch(() => [])
      .then((files) => (files.length > 0 ? take(files) : nothing()));
  });
  signal.addEventListener('abort', () => overlay.remove());
  document.body.append(overlay);
}
