/**
 * PostgreSQL's text holds no U+0000, and its jsonb neither that nor unpaired surrogates; providers send all of them. A
 * statement with one of them would fail as a whole, so they are removed or replaced before.
 */

/** A text as a column can hold it. */
export function storableText(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\uFFFD').replaceAll('\0', '');
}

/** A value as JSON that a jsonb column can hold. */
export function storableJson(value: unknown): string {
  const json = JSON.stringify(value);
  if (!json.includes('\\u')) return json;
  // All escapes are matched in order, so that an escaped backslash before a "u" is not taken for one.
  return json.replace(/\\(?:u0000|u(d[89a-f][\da-f]{2})|.)/g, (escape, surrogate?: string) => {
    if (escape === '\\u0000') return '';
    return surrogate === undefined ? escape : '\\ufffd';
  });
}
