import type { EntryAnswer, Reasoned, TrialAnswer } from './import-answer.js';

/** A row of the table of files. */
export type FileRow = Readonly<Record<string, string | number>>;

/** The files that were read, for a table: how many rows of each came to what. */
export function filesRead({ files }: TrialAnswer): FileRow[] {
  return files.flatMap(({ entries }) =>
    entries.flatMap((entry) =>
      entry.format === null
        ? []
        : [
            {
              file: entry.name,
              format: entry.format,
              rows: entry.rows ?? 0,
              new: entry.accepted ?? 0,
              known: entry.alreadyKnown ?? 0,
              merged: entry.merged ?? 0,
              skipped: entry.skipped ?? 0,
              unread: entry.unread ?? 0,
            },
          ],
    ),
  );
}

/** A receipt as lines for people: its sum, then what is behind each part of it. */
export function receiptLines({ files, receipt }: TrialAnswer): string[] {
  const { read, accepted, alreadyKnown, merged, skipped, unread, range, kinds, fields, warnings } = receipt;
  const parts = [
    `${shown(accepted)} new`,
    `${shown(alreadyKnown)} already known`,
    `${shown(merged)} also told by another source`,
    `${shown(sum(skipped))} skipped`,
    `${shown(sum(unread))} unread`,
  ];
  return [
    `${shown(read)} rows = ${parts.join(' + ')}`,
    ...section('Skipped', reasons(skipped)),
    ...section('Could not be read', reasons(unread)),
    ...section('Files not looked at', notRead(files.flatMap(({ entries }) => entries))),
    ...section('Items', counts(kinds)),
    ...(range ? [`From ${range.from.slice(0, 10)} to ${range.to.slice(0, 10)}`] : []),
    ...section('Fields that this version does not know', counts(fields.unknown)),
    ...section('Fields that were expected and are missing', counts(fields.missing)),
    ...warnings.map(({ message }) => `Warning: ${message}`),
  ].map(printable);
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : [`${title}:`, ...lines.map((line) => `  ${line}`)];
}

function reasons(reasoned: Readonly<Record<string, Reasoned>>): string[] {
  return Object.entries(reasoned).map(
    ([reason, { count, example }]) => `${reason}: ${shown(count)}, the first in ${example.entry}, row ${example.row}`,
  );
}

function notRead(entries: readonly EntryAnswer[]): string[] {
  const byReason = new Map<string, string[]>();
  for (const { name, format, reason = '' } of entries) {
    if (format === null) byReason.set(reason, [...(byReason.get(reason) ?? []), name]);
  }
  return [...byReason].map(([reason, [first = '', ...others]]) =>
    others.length === 0 ? `${reason}: ${first}` : `${reason}: ${first} and ${shown(others.length)} more`,
  );
}

function counts(counted: Readonly<Record<string, number>>): string[] {
  return Object.entries(counted).map(([name, count]) => `${name}: ${shown(count)}`);
}

function sum(reasoned: Readonly<Record<string, Reasoned>>): number {
  return Object.values(reasoned).reduce((total, { count }) => total + count, 0);
}

function shown(count: number): string {
  return count.toLocaleString('en');
}

/** A line for a terminal. Names come from the files: one could move the terminal's cursor. */
export function printable(line: string): string {
  return line.replace(/[\p{Cc}\p{Cf}]/gu, '\ufffd');
}
