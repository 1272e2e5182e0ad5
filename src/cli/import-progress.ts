import { Presets, SingleBar } from 'cli-progress';

/** Shows how far something has got, on standard error: what is printed for programs stays alone on standard output. */
export interface ProgressDisplay {
  /** @param done of `of`, both in bytes */
  show(step: string, done: number, of: number): void;
  end(): void;
}

/** A bar in a terminal; elsewhere a line for each step and each quarter of it. */
export function openProgress(stream: NodeJS.WriteStream = process.stderr): ProgressDisplay {
  return stream.isTTY ? bar(stream) : lines(stream);
}

/** Shows nothing. */
export const NO_PROGRESS: ProgressDisplay = { show: () => undefined, end: () => undefined };

function bytesInWords(bytes: number): string {
  const units = ['B', 'kB', 'MB', 'GB'];
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  return `${power === 0 ? bytes : (bytes / 1_000 ** power).toFixed(1)} ${units[power]}`;
}

function bar(stream: NodeJS.WriteStream): ProgressDisplay {
  const display = new SingleBar(
    { format: '{step} {bar} {percentage} %  {said}', barsize: 28, hideCursor: true, linewrap: false, stream },
    Presets.shades_classic,
  );
  let started = false;
  return {
    show(step, done, of) {
      if (!started) display.start(Math.max(1, of), 0, { step, said: '' });
      started = true;
      const shown = Math.min(done, of);
      display.setTotal(Math.max(1, of));
      display.update(shown, { step, said: `${bytesInWords(shown)} of ${bytesInWords(of)}` });
    },
    end: () => display.stop(),
  };
}

function lines(stream: NodeJS.WriteStream): ProgressDisplay {
  let last = '';
  return {
    show(step, done, of) {
      const quarters = Math.min(4, Math.floor((4 * done) / Math.max(1, of)));
      const line = `${step}: ${quarters * 25} % of ${bytesInWords(of)}`;
      if (line !== last) stream.write(`${line}\n`);
      last = line;
    },
    end: () => undefined,
  };
}
