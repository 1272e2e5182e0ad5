const DECIMALS = new Intl.NumberFormat('en', { maximumSignificantDigits: 4, useGrouping: false });

/** A number for readers: four digits that matter. */
export function numberWords(value: number): string {
  return Number.isInteger(value) ? String(value) : DECIMALS.format(value);
}

/** A local hour as a decimal (21.8) on the clock ("21:48"). */
export function clockWords(hours: number): string {
  const minutes = ((Math.round(hours * 60) % 1_440) + 1_440) % 1_440;
  return `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`;
}

/** "1 item", "2 items". */
export function countWords(count: number, singular: string): string {
  return `${count} ${singular}${count === 1 ? '' : 's'}`;
}
