import { count, day, number } from '../../public/js/words.js';

/** An import's receipt as text for people: what was read, what each row came to, and what was left out, and why. */
export function receiptText({ files, receipt }) {
  const { read, accepted, alreadyKnown, merged, range } = receipt;
  const entries = files.flatMap((file) => file.entries);
  const parts = [
    `${number(accepted)} new`,
    `${number(alreadyKnown)} already known`,
    `${number(merged)} also told by another source`,
    `${number(total(receipt.skipped))} skipped`,
    `${number(total(receipt.unread))} unread`,
  ];
  return [
    '',
    'The receipt',
    '───────────',
    `${count(read, 'row')} = ${parts.join(' + ')}`,
    ...(range ? [`from ${day(range.from)} to ${day(range.to)}`] : []),
    ...entries.flatMap(({ name, format, rows }) =>
      format === null ? [] : [`  ${name}: ${format}, ${count(rows, 'row')}`],
    ),
    ...reasons('skipped', receipt.skipped),
    ...reasons('unread', receipt.unread),
    ...notRead(entries),
    ...receipt.warnings.map(({ message }) => `  Warning: ${message}`),
  ].join('\n');
}

function reasons(what, reasoned) {
  return Object.entries(reasoned).map(
    ([reason, { count: rows, example }]) =>
      `  ${what}: ${reason}, ${number(rows)}, the first in ${example.entry}, row ${example.row}`,
  );
}

function notRead(entries) {
  const left = entries.filter(({ format }) => format === null);
  return left.length === 0
    ? []
    : [`  ${count(left.length, 'file')} not looked at, such as ${left[0].name} (${left[0].reason})`];
}

function total(reasoned) {
  return Object.values(reasoned).reduce((sum, { count: rows }) => sum + rows, 0);
}
