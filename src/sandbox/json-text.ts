/**
 * The text of a JSON array in pieces, one for each row, as exports have it. With `cutShort` it breaks off in the middle
 * of the last row.
 */
export function* jsonArray(rows: Iterable<object>, cutShort = false): Generator<string> {
  let before = '[\n';
  let last: string | undefined;
  for (const row of rows) {
    if (last !== undefined) {
      yield before + last;
      before = ',\n';
    }
    last = JSON.stringify(row, null, 2);
  }
  if (last === undefined) yield '[]\n';
  else if (cutShort) yield before + last.slice(0, last.length / 2);
  else yield `${before}${last}\n]\n`;
}
