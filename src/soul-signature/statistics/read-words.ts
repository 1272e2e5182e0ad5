import { deu, eng, fra, nld, por, spa } from 'stopword';
import { TITLED_KINDS } from './kinds.js';
import {
  IS_ACT,
  IS_ACT_DAY,
  OWN_ITEMS,
  OWN_ROWS,
  scopeParameters,
  UTC_DAY,
  type Query,
  type ReadScope,
} from './read-query.js';
import { byText, type KindStatistics, type TitleWords } from './statistics.js';

/** How much of a title is read: thousands of marks on one letter take seconds to be put in order. */
const MOST_READ = 2_000;

/** Titles that are read of one platform, the newest ones by whole days: the words of today, in bounded time. */
const MOST_TITLES = 20_000;
const STOPWORDS = new Set([...eng, ...deu, ...fra, ...nld, ...por, ...spa].map((word) => word.toLowerCase()));
const WORD = /\p{L}[\p{L}\p{N}]{2,30}/gu;

/**
 * Beginnings of words about health, sexuality, belief, politics, ethnicity and unions in English and German, which are
 * never shown: nobody asked for such a statement about themselves.
 */
const PRIVATE =
  /^(abort|antidepress|anxi|autis|bipolar|cancer|chemo|church|christ|depress|diabet|disorder|election|ethnic|gay|gewerkschaft|god|gott|hiv|islam|jesus|jew|jud|kirche|krebs|lesb|muslim|party|partei|politic|politik|porn|pray|pregnan|psych|queer|quran|race|racis|refugee|religi|schwanger|sex|sikh|suicid|therap|trans(gender|sexual)|union|vote|wahl)/u;

/** A title on its UTC day. */
export interface Title {
  readonly platform: string;
  readonly kind: string;
  readonly day: number;
  readonly title: string | null;
}

/** In how many titles each word stands, by platform. */
export async function readWords(
  query: Query,
  scope: ReadScope,
  kinds: readonly KindStatistics[],
): Promise<TitleWords[]> {
  const platforms = kinds.filter(({ kind, acts }) => acts > 0 && TITLED_KINDS.includes(kind));
  const titles: Title[] = [];
  for (const platform of [...new Set(platforms.map((entry) => entry.platform))]) {
    const parameters = [...scopeParameters(scope), platform, [...TITLED_KINDS]];
    const [window] = await query<{ day: number | null }>(
      `SELECT min(day) AS day FROM (
         SELECT day, sum(sum(items)) OVER (ORDER BY day DESC) AS upto FROM stat_day
         WHERE ${OWN_ROWS} AND ${IS_ACT_DAY} AND platform = $5 AND kind = ANY($6::text[]) GROUP BY day) days
       WHERE upto <= ${MOST_TITLES}`,
      parameters,
    );
    if (!window || window.day === null) continue;
    titles.push(
      ...(await query<Title>(
        `SELECT platform, kind, ${UTC_DAY} AS day, coalesce(payload->>'title', payload->>'subject') AS title FROM items
         WHERE ${OWN_ITEMS} AND ${IS_ACT} AND platform = $5 AND kind = ANY($6::text[])
           AND occurred_at >= to_timestamp($7::float8 * 86400)`,
        [...parameters, window.day],
      )),
    );
  }
  return wordsOf(titles);
}

/** Counts titles, not occurrences: a word that stands three times in one title is one mention. */
export function wordsOf(titles: readonly Title[]): TitleWords[] {
  return [...new Set(titles.map(({ platform }) => platform))].sort(byText).map((platform) => {
    const own = titles.filter((title) => title.platform === platform);
    const counted = new Map<string, { documents: number; days: Set<number> }>();
    for (const { title, day } of own) {
      for (const word of new Set(wordsIn(title ?? ''))) {
        const known = counted.get(word) ?? { documents: 0, days: new Set<number>() };
        counted.set(word, known);
        known.documents += 1;
        known.days.add(day);
      }
    }
    const words = [...counted].map(([word, { documents, days }]) => ({ word, documents, days: days.size }));
    return {
      platform,
      kinds: [...new Set(own.map(({ kind }) => kind))].sort(byText),
      documents: own.filter(({ title }) => title !== null).length,
      items: own.length,
      dayFrom: Math.min(...own.map(({ day }) => day)),
      dayTo: Math.max(...own.map(({ day }) => day)),
      days: new Set(own.map(({ day }) => day)).size,
      tokens: words.reduce((sum, { documents }) => sum + documents, 0),
      words: words
        .filter(({ documents }) => documents > 1)
        .sort((a, b) => b.documents - a.documents || byText(a.word, b.word)),
    };
  });
}

function wordsIn(title: string): string[] {
  return (title.slice(0, MOST_READ).normalize('NFKC').toLowerCase().match(WORD) ?? []).filter(
    (word) => !STOPWORDS.has(word) && !PRIVATE.test(word),
  );
}
