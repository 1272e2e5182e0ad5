/** Months as exports in English abbreviate them. */
const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

/** `2023-04-05T06:07:08Z`, also with a space, without seconds, without a zone, or with `UTC`. */
const NUMBERS =
  /^(?<year>\d{4})-(?<month>\d\d)-(?<day>\d\d)[T ](?<time>\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?) ?(?:Z|UTC|\+00:?00)?$/i;
/** `05 Apr 2023 06:07`, also with a comma or with seconds. */
const WORDS =
  /^(?<day>\d{1,2}) (?<month>[a-z]{3}) (?<year>\d{4}),? (?<time>\d\d:\d\d(?::\d\d)?) ?(?:Z|UTC|\+00:?00)?$/i;

/** A time that a text tells, in UTC. */
export interface UtcTime {
  /** ms since the epoch; the beginning of the minute where no seconds are told. */
  readonly at: number;
  readonly toldTo: 'second' | 'minute';
}

/** The time that a text tells in one of the forms of exports, all of them UTC; null for anything else. */
export function utcTime(value: unknown): UtcTime | null {
  if (typeof value !== 'string' || value.length > 64) return null;
  const text = value.trim();
  const parts = (NUMBERS.exec(text) ?? WORDS.exec(text))?.groups;
  const { year = '', month = '', day = '', time = '' } = parts ?? {};
  const number = /^\d/.test(month) ? month : String(MONTHS.indexOf(month.toLowerCase()) + 1).padStart(2, '0');
  const date = `${year}-${number}-${day.padStart(2, '0')}`;
  const at = Date.parse(`${date}T${time}Z`);
  // 31 April is no day, though some readers of dates take it for 1 May.
  if (Number.isNaN(at) || !new Date(at).toISOString().startsWith(date)) return null;
  return { at, toldTo: time.length > 'hh:mm'.length ? 'second' : 'minute' };
}

const DAY_MS = 86_400_000;

/**
 * Whether something can have happened then: not before its platform began (ms), and not after the archive was received.
 * Clocks of devices differ, so a day more is allowed.
 */
export function canHaveHappened(at: number, beginning: number, receivedAt: Date | undefined): boolean {
  return at >= beginning && (receivedAt === undefined || at <= receivedAt.getTime() + DAY_MS);
}
