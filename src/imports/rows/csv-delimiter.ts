/** What separates cells, the likeliest first: a spreadsheet in Europe writes semicolons, and some exports tabs. */
const DELIMITERS = [',', ';', '\t'] as const;

export type CsvDelimiter = (typeof DELIMITERS)[number];

/** The line before all others by which some spreadsheets are told what separates the cells. */
const TOLD = /^"?sep=([,;\t])"?(?:\r\n|\r|\n|$)/i;

/** What a CSV file says in its first line that separates its cells; undefined for most files, which say nothing. */
export function toldDelimiter(beginning: string): CsvDelimiter | undefined {
  const told = TOLD.exec(beginning)?.[1];
  return DELIMITERS.find((delimiter) => delimiter === told);
}

/** A CSV file without that line. */
export function withoutToldDelimiter(beginning: string): string {
  return beginning.replace(TOLD, '');
}

/**
 * What separates the cells of a CSV file: what it says, or the likeliest sign that is most often in its first line, outside
 * quotes.
 */
export function csvDelimiter(beginning: string): CsvDelimiter {
  const told = toldDelimiter(beginning);
  if (told !== undefined) return told;
  const line = firstLine(beginning);
  let best: CsvDelimiter = DELIMITERS[0];
  let most = 0;
  for (const delimiter of DELIMITERS) {
    const count = line.split(delimiter).length - 1;
    if (count <= most) continue;
    best = delimiter;
    most = count;
  }
  return best;
}

/** The first line that is not empty, without what stands in quotes. */
function firstLine(text: string): string {
  const start = text.search(/[^\r\n]/);
  if (start < 0) return '';
  // Quotes in pairs; of a quote that is never closed only the sign itself is left out.
  return /^[^\r\n]*/.exec(text.slice(start).replace(/"[^"]*"|"/g, ''))?.[0] ?? '';
}
