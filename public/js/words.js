const DAY_MS = 86_400_000;

/** A number for people: at most `digits` decimals. */
export function number(value, digits = 0) {
  return new Intl.NumberFormat('en', { maximumFractionDigits: digits }).format(value);
}

/** "1 day", "18 days". */
export function count(amount, singular, plural = `${singular}s`) {
  return `${number(amount)} ${amount === 1 ? singular : plural}`;
}

/** "12.4 MB", counted by thousands as file managers do. */
export function fileSize(bytes) {
  if (bytes < 1_000_000) return `${number(Math.max(1, bytes / 1_000))} kB`;
  return bytes < 1_000_000_000 ? `${number(bytes / 1_000_000, 1)} MB` : `${number(bytes / 1_000_000_000, 2)} GB`;
}

/** A share between 0 and 1 as "4.2 %". */
export function percent(share, digits = 0) {
  return `${number(share * 100, digits)} %`;
}

/** A local hour as a decimal (21.8) on the clock ("21:48"); interval ends may lie beyond midnight. */
export function clockTime(hours) {
  const minutes = ((Math.round(hours * 60) % 1440) + 1440) % 1440;
  return `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
}

/** "20 November 2026". A bare day ("2026-11-20") is not moved by the reader's zone. */
export function day(value) {
  const bare = typeof value === 'string' && value.length === 10;
  const format = { day: 'numeric', month: 'long', year: 'numeric', ...(bare ? { timeZone: 'UTC' } : {}) };
  return new Intl.DateTimeFormat('en-GB', format).format(new Date(value));
}

/** A sentence of the server's with its bare days ("since 2026-11-20") as people write them. */
export function withDays(sentence) {
  return sentence.replaceAll(/\d{4}-\d\d-\d\d/g, (bare) => day(bare));
}

/** "20 Nov 2026, 21:48". */
export function moment(value) {
  return new Intl.DateTimeFormat('en-GB', { dateStyle: 'medium', timeStyle: 'short' }).format(new Date(value));
}

/** "14:05" when that is today, else with its date. */
export function momentToday(value, now = new Date()) {
  const then = new Date(value);
  if (then.toDateString() !== now.toDateString()) return moment(then);
  return new Intl.DateTimeFormat('en-GB', { timeStyle: 'short' }).format(then);
}

/** "just now", "3 minutes ago", "yesterday", "in 5 hours". */
export function fromNow(value, now = Date.now()) {
  const distance = new Date(value).getTime() - now;
  const size = Math.abs(distance);
  if (size < 45_000) return distance > 5_000 ? 'in a moment' : 'just now';
  const format = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });
  if (size < 45 * 60_000) return format.format(Math.round(distance / 60_000), 'minute');
  if (size < DAY_MS) return format.format(Math.round(distance / 3_600_000), 'hour');
  return format.format(Math.round(distance / DAY_MS), 'day');
}

/** "top_artists" or "saved-track" as words. */
export function spoken(key) {
  return String(key).replaceAll(/[_-]+/g, ' ');
}

/** The same with a capital, for headings. */
export function titled(key) {
  const words = spoken(key);
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** "one, two, and three". */
export function listed(parts) {
  return new Intl.ListFormat('en').format(parts);
}
