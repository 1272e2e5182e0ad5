/** What Netflix calls the parts of a series, in the languages of its accounts. */
const PART_NAMES =
  /^(?:limited series|mini-?\s?series|miniserie|minis[ée]rie|mini-s[ée]rie|série limitada|serie limitada|collection)$/iu;

/**
 * The series that an episode is of, and null for a film. Netflix writes "series: season: episode" in the account's
 * language, with colons also inside the names. What stands before the first part that ends or begins with a number, or is
 * called a limited series, is the series. Where no part is like that, three and more parts are a series and its episode,
 * and two ("Mission: Impossible") are a film. The last part is an episode's name, whatever it looks like.
 */
export function seriesOf(title: string): string | null {
  const parts = title
    .split(/:(?=\s)|：/u)
    .map((part) => part.trim())
    .filter((part) => part !== '');
  if (parts.length < 3) return null;
  const season = parts.findIndex((part, at) => at > 0 && at < parts.length - 1 && isSeason(part));
  return parts.slice(0, season === -1 ? 1 : season).join(': ');
}

function isSeason(part: string): boolean {
  return /\d\.?$/u.test(part) || /^第?\d/u.test(part) || PART_NAMES.test(part);
}
