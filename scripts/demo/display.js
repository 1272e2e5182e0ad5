import { MultiBar, Presets } from 'cli-progress';

const SAYS = {
  extraction_queued: () => 'waiting for its turn',
  extraction_started: ({ attempt }) => (attempt > 1 ? `reading, attempt ${attempt}` : 'reading'),
  extraction_delayed: ({ reason }) => reason,
  extraction_progress: ({ step }) => step,
  extraction_completed: ({ itemsExtracted }) => `all read, ${itemsExtracted} items`,
  extraction_failed: ({ error, willRetry }) => (willRetry ? `${error.message}; trying again` : error.message),
  import_queued: () => 'waiting for its turn',
  import_started: ({ attempt }) => (attempt > 1 ? `reading, attempt ${attempt}` : 'reading'),
  import_delayed: ({ reason }) => reason,
  import_progress: ({ step }) => step,
  import_completed: ({ receipt }) => `all read, ${receipt.read} rows`,
  import_failed: ({ error, willRetry }) => (willRetry ? `${error.message}; trying again` : error.message),
  signature_started: () => 'drawing',
  signature_completed: ({ version }) => `version ${version}`,
  signature_failed: ({ error }) => error.message,
};

/** What an archive is called among the platforms: its events name none. */
export const ARCHIVE = { name: 'archive', title: 'Archive' };

/** Live progress: a bar for each platform and the signature in a terminal, plain lines everywhere else. */
export function openDisplay(platforms) {
  const titles = new Map([...platforms.map(({ name, title }) => [name, title]), [undefined, 'Signature']]);
  const said = (event) => SAYS[event.type]?.(event);
  return process.stdout.isTTY ? bars(titles, said) : lines(titles, said);
}

function bars(titles, said) {
  const width = Math.max(...[...titles.values()].map((title) => title.length));
  const display = new MultiBar(
    { format: '{title} {bar} {percentage} %  {says}', barsize: 28, hideCursor: true, linewrap: false },
    Presets.shades_classic,
  );
  const byPlatform = new Map(
    [...titles].map(([name, title]) => [name, display.create(100, 0, { title: title.padEnd(width), says: '' })]),
  );
  return {
    say: (text) => display.log(`${text}\n`),
    show(event) {
      const says = said(event);
      if (!says) return;
      const done = event.type.endsWith('_completed') ? 100 : event.progress;
      const bar = byPlatform.get(sourceOf(event));
      if (done === undefined) bar?.update({ says });
      else bar?.update(done, { says });
    },
    close: () => display.stop(),
  };
}

/** A line for each durable event, and for progress where it has grown by a tenth. */
function lines(titles, said) {
  const shown = new Map();
  return {
    say: (text) => console.log(text),
    show(event) {
      const says = said(event);
      const { progress } = event;
      const platform = sourceOf(event);
      if (!says || (progress !== undefined && progress < (shown.get(platform) ?? 0) + 10)) return;
      if (progress !== undefined) shown.set(platform, progress);
      console.log(`  ${titles.get(platform)}: ${says}${progress === undefined ? '' : ` (${progress} %)`}`);
    },
    close: () => undefined,
  };
}

/** The platform, or the archive; undefined for the signature. */
function sourceOf({ type, platform }) {
  return type.startsWith('import_') ? ARCHIVE.name : platform;
}
