/** The longest name that is shown. Characters. */
const LONGEST = 200;

/**
 * The name of an uploaded file or of an archive's entry, for people to read. It is never used as a path, and would be a
 * harmless one: no control or invisible characters, no backslashes, no `..`, not absolute. Of a long one the end is kept.
 */
export function displayName(name: string): string {
  const parts = name
    .replace(/\\/g, '/')
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, '')
    .split('/')
    .map((part) => part.trim())
    .filter((part) => part !== '' && part !== '.' && part !== '..');
  const shown = Array.from(parts.join('/'));
  if (shown.length === 0) return 'unnamed';
  return shown.length > LONGEST ? `…${shown.slice(1 - LONGEST).join('')}` : shown.join('');
}
