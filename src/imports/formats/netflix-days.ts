import { type Day, dayOf } from '../rows/days.js';

/** In which order a file writes the parts of its days. */
export type DayOrder = (typeof ORDERS)[number];

const ORDERS = ['day-month-year', 'month-day-year', 'year-month-day'] as const;

/** Netflix lets films be watched on demand since 2007. */
const EARLIEST_DAY = '2007-01-01';

/** Years of two digits are of this century. */
const CENTURY = 2_000;

/** What a file's days are in one order. */
interface Reading {
  readonly order: DayOrder;
  /** Those that are days, in the order of the file. */
  readonly days: readonly string[];
  /** How often one of them is later than the one before it. */
  readonly climbs: number;
}

/**
 * In which order a file writes its days. Only orders by which the most of them are days are possible, so that one day
 * after the twelfth decides between day and month. As files go from the newest day to the oldest, of several possible
 * orders the one with the fewest climbs is taken. Undefined where that leaves several that read the days differently: a
 * guess would move what was watched by months.
 */
export function dayOrderOf(days: readonly string[]): DayOrder | undefined {
  const possible = possibleReadings(days);
  const fewest = Math.min(...possible.map(({ climbs }) => climbs));
  const [first, ...others] = possible.filter(({ climbs }) => climbs === fewest);
  return first && others.every((other) => other.days.join() === first.days.join()) ? first.order : undefined;
}

/** Whether days go from the newest to the oldest in some order. */
export function descend(days: readonly string[]): boolean {
  return possibleReadings(days).some(({ climbs }) => climbs === 0);
}

/** Whether a text is a day in some order. */
export function isLocalDay(text: string): boolean {
  return ORDERS.some((order) => localDay(text, order) !== null);
}

function possibleReadings(days: readonly string[]): readonly Reading[] {
  const readings = ORDERS.map((order) => readingIn(order, days));
  const most = Math.max(...readings.map((reading) => reading.days.length));
  return readings.filter((reading) => reading.days.length === most && most > 0);
}

function readingIn(order: DayOrder, texts: readonly string[]): Reading {
  const days = texts.flatMap((text) => localDay(text, order)?.day ?? []);
  return { order, days, climbs: days.filter((day, at) => day > (days[at - 1] ?? day)).length };
}

/**
 * A day in figures: 31/12/2020, 12/31/20, 2020-12-31, 31.12.20, "20. 12. 31.". By convention the month never comes first
 * between dots, and of years with two digits only those between dashes, or with a dot behind all, can come first. Null
 * for what is no day in that order.
 */
export function localDay(text: string, order: DayOrder): Day | null {
  // Exports in languages that are written from right to left have marks of direction between the figures.
  const parts = /^(\d{1,4})([-/.])(\d{1,2})\2(\d{1,4})(\.?)$/.exec(text.replace(/[\s\u200e\u200f]/g, ''));
  if (!parts) return null;
  const [, first = '', separator, second = '', third = '', end] = parts;
  switch (order) {
    case 'day-month-year':
      return end === '.' && third.length === 2 ? null : dayOfFigures(third, second, first);
    case 'month-day-year':
      return separator === '.' ? null : dayOfFigures(third, first, second);
    case 'year-month-day':
      return first.length === 4 || separator === '-' || end === '.' ? dayOfFigures(first, second, third) : null;
  }
}

function dayOfFigures(year: string, month: string, day: string): Day | null {
  if ((year.length !== 2 && year.length !== 4) || month.length > 2 || day.length > 2) return null;
  const found = dayOf(Number(year) + (year.length === 2 ? CENTURY : 0), Number(month), Number(day));
  return found && found.day >= EARLIEST_DAY ? found : null;
}
