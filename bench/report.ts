import { cpus } from 'node:os';

/** A figure that was promised. */
export interface Goal {
  readonly what: string;
  readonly measured: number;
  readonly bound: '≤' | '≥';
  readonly limit: number;
  readonly met: boolean;
}

/** The result of a benchmark: a table for people, JSON for programs. */
export interface Report {
  readonly benchmark: string;
  readonly at: string;
  readonly machine: string;
  /** How it was measured, in lines. */
  readonly method: readonly string[];
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number)[])[];
  readonly goals: readonly Goal[];
}

export function atMost(what: string, measured: number, limit: number): Goal {
  return { what, measured, bound: '≤', limit, met: measured <= limit };
}

export function atLeast(what: string, measured: number, limit: number): Goal {
  return { what, measured, bound: '≥', limit, met: measured >= limit };
}

/** The machine in one line. */
export function machine(): string {
  const all = cpus();
  return `${all.length} × ${all[0]?.model ?? 'unknown processor'}, Node ${process.version}`;
}

export function printTable({ benchmark, method, columns, rows, goals, machine: where }: Report): void {
  const lines = [columns, ...rows].map((cells) => cells.map(show));
  const widths = columns.map((_, column) => Math.max(...lines.map((cells) => cells[column]?.length ?? 0)));
  const table = lines.map((cells) =>
    cells
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  '),
  );
  const verdicts = goals.map(
    ({ what, measured, bound, limit, met }) =>
      `${met ? 'met   ' : 'MISSED'}  ${what}: ${show(measured)}, goal ${bound} ${limit}`,
  );
  const [head = '', ...body] = table;
  const text = [`${benchmark} on ${where}`, ...method, '', head, '-'.repeat(head.length), ...body, '', ...verdicts, ''];
  process.stdout.write(text.join('\n'));
}

/** Rounded to two decimals. */
function show(value: string | number): string {
  return typeof value === 'string' ? value : value.toFixed(Number.isInteger(value) ? 0 : 2);
}
