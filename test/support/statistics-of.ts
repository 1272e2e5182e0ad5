import { countKeyDays, strongest } from '../../src/soul-signature/statistics/count-key-days.js';
import { SOURCE_KINDS, TITLED_KINDS } from '../../src/soul-signature/statistics/kinds.js';
import { sourcesOf, type SourceRow } from '../../src/soul-signature/statistics/read-sources.js';
import { wordsOf } from '../../src/soul-signature/statistics/read-words.js';
import {
  byText,
  GROUPS,
  type ArtistFields,
  type CommitStatistics,
  type Correspondence,
  type CoverageGap,
  type KeyDayStatistics,
  type MeetingSeries,
  type SessionGaps,
  type Statistics,
} from '../../src/soul-signature/statistics/statistics.js';
import type { PlantedItem } from './planted-users.js';

/**
 * The time part of the statistics of some items, computed in plain TypeScript: quick enough for hundreds of planted
 * users, and a second opinion on the SQL (`read-statistics.spec.ts` holds both against each other).
 */
export function statisticsOf(
  items: readonly PlantedItem[],
  connected: readonly string[],
  gaps: readonly CoverageGap[] = [],
): Statistics {
  const unique = new Map(items.map((item) => [`${item.platform}/${item.kind}/${item.externalId}`, item]));
  const own = [...unique].filter(([, item]) => connected.includes(item.platform));
  const acts = own.flatMap(([id, item]) =>
    item.timeMeaning === 'user_act' && item.at !== null ? [{ id, item, at: item.at }] : [],
  );
  const seen = acts.filter(
    ({ item, at }) =>
      !gaps.some(
        ({ platform, kind, dayFrom, dayTo }) =>
          item.platform === platform && item.kind === kind && dayOf(at) >= dayFrom && dayOf(at) <= dayTo,
      ),
  );
  const kindNames = [...new Set(own.map(([, item]) => `${item.platform}/${item.kind}`))].sort(byText);
  return {
    schema: 'statistics/1',
    connected: [...connected].sort(byText),
    tellings: [],
    gaps,
    kinds: kindNames.map((name) => {
      const [platform = '', kind = ''] = name.split('/');
      const these = acts.filter(({ id }) => id.startsWith(`${name}/`));
      const whole = seen.filter(({ id }) => id.startsWith(`${name}/`));
      const days = [...new Set(these.map(({ at }) => dayOf(at)))].sort((a, b) => a - b);
      return {
        platform,
        kind,
        items: own.filter(([id]) => id.startsWith(`${name}/`)).length,
        acts: these.length,
        actDays: days.length,
        dayFrom: days[0] ?? null,
        dayTo: days.at(-1) ?? null,
        gapActs: these.length - whole.length,
        gapDays: days.length - new Set(whole.map(({ at }) => dayOf(at))).size,
        sample: newest(these),
      };
    }),
    activity: kindNames.flatMap((name) => {
      const [platform = '', kind = ''] = name.split('/');
      const days = new Map<number, Set<number>>();
      for (const { id, at } of seen) {
        if (!id.startsWith(`${name}/`)) continue;
        days.set(dayOf(at), (days.get(dayOf(at)) ?? new Set<number>()).add(Math.floor(at / 900_000) % 96));
      }
      const sorted = [...days].sort(([a], [b]) => a - b);
      return sorted.length === 0
        ? []
        : [
            {
              platform,
              kind,
              days: sorted.map(([day, quarters]) => [day, [...quarters].sort((a, b) => a - b)] as const),
            },
          ];
    }),
    keyDays: keyDaysOf(acts, seen),
    topLists: [],
    saves: [],
    releases: [],
    follows: [],
    listening: [],
    fields: [],
    commits: commitsOf(acts),
    owned: [],
    artists: artistsOf(
      own.map(([, item]) => item),
      seen,
    ),
    sessions: sessionsOf(acts),
    sources: sourcesOf(
      own.flatMap(([id, item]): SourceRow[] =>
        item.key === null || !SOURCE_KINDS.includes(item.kind)
          ? []
          : [
              {
                platform: item.platform,
                kind: item.kind,
                key: item.key,
                language: item.payload['language'],
                topics: item.payload['topics'],
                topicCategories: item.payload['topicCategories'],
                genres: item.payload['genres'],
                day: item.timeMeaning === 'user_act' && item.at !== null ? dayOf(item.at) : null,
                items: 1,
                item: id,
              },
            ],
      ),
    ),
    words: wordsOf(
      acts.flatMap(({ item, at }) => {
        const title = item.payload['title'] ?? item.payload['subject'];
        return TITLED_KINDS.includes(item.kind)
          ? [
              {
                platform: item.platform,
                kind: item.kind,
                day: dayOf(at),
                title: typeof title === 'string' ? title : null,
              },
            ]
          : [];
      }),
    ),
    meetings: meetingsOf(own.map(([, item]) => item)),
    correspondence: correspondenceOf(own.map(([, item]) => item)),
  };
}

type Act = { readonly id: string; readonly item: PlantedItem; readonly at: number };

function dayOf(at: number): number {
  return Math.floor(at / 86_400_000);
}

function newest(acts: readonly Act[]): string[] {
  return [...acts]
    .sort((a, b) => b.at - a.at || byText(a.id, b.id))
    .slice(0, 3)
    .map(({ id }) => id);
}

function keyDaysOf(acts: readonly Act[], seen: readonly Act[]): KeyDayStatistics[] {
  const isPlay = ({ item }: Act) => item.kind === 'play' && item.key?.startsWith('artist:') === true;
  const plays = acts.filter(isPlay);
  return [...new Set(plays.map(({ item }) => item.platform))].sort(byText).flatMap((platform) =>
    (['artist', 'track'] as const).flatMap((dimension): KeyDayStatistics[] => {
      const own = seen.filter((act) => isPlay(act) && act.item.platform === platform);
      const byKey = new Map<string, { days: Set<number>; acts: Act[] }>();
      const days = new Set(own.map(({ at }) => dayOf(at)));
      if (days.size === 0) return [];
      for (const act of own) {
        const key = dimension === 'artist' ? (act.item.key ?? '') : `track:${act.item.externalId.split('@')[0] ?? ''}`;
        const entry = byKey.get(key) ?? { days: new Set<number>(), acts: [] };
        byKey.set(key, entry);
        entry.days.add(dayOf(act.at));
        entry.acts.push(act);
      }
      const [dayFrom, dayTo] = [Math.min(...days), Math.max(...days)];
      const keys = [...byKey].map(([key, entry]) => ({ key, days: [...entry.days] }));
      const all = new Set(plays.filter(({ item }) => item.platform === platform).map(({ at }) => dayOf(at)));
      const shown = new Map(
        strongest(keys).map(({ key }) => {
          const theirs = byKey.get(key)?.acts ?? [];
          const sample = newest(theirs);
          return [key, { label: labelOf(theirs, dimension, sample), sample }];
        }),
      );
      return [
        {
          platform,
          kind: 'play',
          dimension,
          keyStartsWith: 'artist:',
          items: own.length,
          days: days.size,
          gapDays: all.size - days.size,
          dayFrom,
          dayTo,
          ...countKeyDays(keys, { dimension, dayFrom, dayTo }, shown),
        },
      ];
    }),
  );
}

function labelOf(acts: readonly Act[], dimension: string, shown: readonly string[]): string | null {
  const latest = acts.find(({ id }) => id === shown[0]);
  if (dimension === 'track') return (latest?.item.payload['name'] as string | undefined) ?? null;
  const artists = latest?.item.payload['artists'] as { name: string }[] | undefined;
  return artists?.[0]?.name ?? null;
}

function artistsOf(items: readonly PlantedItem[], seen: readonly Act[]): ArtistFields[] {
  const played = new Set(
    seen.filter(({ item }) => item.kind === 'play').map(({ item }) => `${item.platform} ${item.key}`),
  );
  const known = new Map<string, ArtistFields>();
  for (const { platform, kind, key, payload } of items) {
    if ((kind !== 'top-artist' && kind !== 'followed-artist') || key === null || !played.has(`${platform} ${key}`)) {
      continue;
    }
    const genres =
      Array.isArray(payload['genres']) && payload['genres'].length > 0 ? (payload['genres'] as string[]) : null;
    const popularity = typeof payload['popularity'] === 'number' ? payload['popularity'] : null;
    const before = known.get(`${platform} ${key}`) ?? { platform, key, genres: null, popularity: null };
    known.set(`${platform} ${key}`, {
      platform,
      key,
      genres: largerOf(genres, before.genres),
      popularity: popularity === null ? before.popularity : Math.max(popularity, before.popularity ?? 0),
    });
  }
  return [...known.values()]
    .filter(({ genres, popularity }) => genres !== null || popularity !== null)
    .sort((a, b) => byText(a.platform, b.platform) || byText(a.key, b.key));
}

function largerOf(one: readonly string[] | null, other: readonly string[] | null): readonly string[] | null {
  if (one === null) return other;
  if (other === null) return one;
  return JSON.stringify(one) > JSON.stringify(other) ? one : other;
}

function sessionsOf(acts: readonly Act[]): SessionGaps[] {
  const commits = acts
    .filter(({ item }) => item.platform === 'github' && item.kind === 'commit')
    .map(({ at }) => Math.floor(at / 1_000))
    .sort((a, b) => a - b);
  if (commits.length === 0) return [];
  const groups = Array.from({ length: GROUPS }, () => ({ count: 0, sum: 0, squares: 0n }));
  for (const [i, at] of commits.entries()) {
    const pause = at - (commits[i - 1] ?? at);
    const group = groups[Math.floor(at / 86_400) % GROUPS];
    if (pause <= 1_800 || !group) continue;
    group.count += 1;
    group.sum += pause;
    group.squares += BigInt(pause) ** 2n;
  }
  const days = new Set(commits.map((at) => Math.floor(at / 86_400)));
  return [
    {
      platform: 'github',
      kind: 'commit',
      items: commits.length,
      dayFrom: Math.min(...days),
      dayTo: Math.max(...days),
      days: days.size,
      groups: groups.map(({ count, sum, squares }) => ({ count, sum, squares: Number(squares) })),
    },
  ];
}

function meetingsOf(items: readonly PlantedItem[]): MeetingSeries[] {
  const meetings = items.filter(
    ({ kind, platform, key, payload }) =>
      kind === 'event' &&
      platform !== 'github' &&
      key?.startsWith('series:') &&
      Number(payload['attendees']) >= 2 &&
      payload['declined'] !== true,
  );
  return [...new Set(meetings.map(({ platform }) => platform))].sort(byText).map((platform) => {
    const own = meetings.filter((one) => one.platform === platform);
    const keyed = items.filter(
      ({ kind, key, platform: of }) => kind === 'event' && of === platform && key?.startsWith('series:'),
    );
    const organised = own.filter(({ payload }) => payload['organised'] === true);
    return {
      platform,
      kind: 'event',
      ...windowOf(keyed),
      series: new Set(own.map(({ key }) => key)).size,
      organised: new Set(organised.map(({ key }) => key)).size,
    };
  });
}

function windowOf(items: readonly PlantedItem[]) {
  const days = new Set(items.flatMap(({ at }) => (at === null ? [] : [dayOf(at)])));
  return { items: items.length, days: days.size, dayFrom: Math.min(...days), dayTo: Math.max(...days) };
}

function correspondenceOf(items: readonly PlantedItem[]): Correspondence[] {
  const messages = items.filter(
    ({ kind, key, payload }) =>
      kind === 'message' && key?.startsWith('correspondent:') && payload['automated'] !== true,
  );
  return [...new Set(messages.map(({ platform }) => platform))].sort(byText).flatMap((platform) => {
    const own = messages.filter((one) => one.platform === platform);
    const people = [...new Set(own.map(({ key }) => key ?? ''))]
      .sort(byText)
      .map((key) => {
        const theirs = own.filter((one) => one.key === key);
        const sent = theirs.filter(({ payload }) => payload['sent'] === true).length;
        return [sent, theirs.length - sent] as const;
      })
      .filter(([sent, received]) => sent + received >= 3);
    const keyed = items.filter(
      ({ kind, key, platform: of }) => kind === 'message' && of === platform && key?.startsWith('correspondent:'),
    );
    return [{ platform, kind: 'message', ...windowOf(keyed), people }];
  });
}

function commitsOf(acts: readonly Act[]): CommitStatistics[] {
  const commits = acts
    .filter(({ item }) => item.platform === 'github' && item.kind === 'commit' && item.key?.startsWith('repo:'))
    .map((act) => ({ ...act, day: Math.floor(act.at / 86_400_000), key: act.item.key ?? '' }))
    .sort((a, b) => b.at - a.at || byText(a.id, b.id)); // newest first
  const latest = commits[0];
  if (!latest) return [];
  const first = commits.filter(({ at }) => at === commits.at(-1)?.at)[0] ?? latest;
  const languageOf = new Map<string, string>();
  for (const { key, item } of commits) {
    const { language } = item.payload;
    if (typeof language === 'string' && !languageOf.has(key)) languageOf.set(key, language);
  }
  const repoDays = [...new Set(commits.map(({ key, day }) => `${key} ${day}`))].map((name) => {
    const [key = '', day = ''] = name.split(' ');
    return { key, day: Number(day), language: languageOf.get(key) ?? null };
  });
  const days = [...new Set(commits.map(({ day }) => day))].sort((a, b) => a - b);
  const years = commits.map(({ at }) => new Date(at).getUTCFullYear()).sort((a, b) => a - b);
  const dated = ({ id, item, at }: Act) => ({
    item: id,
    label: item.payload['repository'] as string,
    at: new Date(at).toISOString(),
  });
  return [
    {
      platform: 'github',
      kind: 'commit',
      keyStartsWith: 'repo:',
      items: commits.length,
      dayFrom: days[0] ?? 0,
      dayTo: days.at(-1) ?? 0,
      repoDays: repoDays.length,
      languageDays: new Set(repoDays.filter(({ language }) => language !== null).map(({ day }) => day)).size,
      languages: [...new Set(languageOf.values())]
        .map((language) => {
          const own = repoDays.filter((repoDay) => repoDay.language === language);
          return {
            language,
            repoDays: own.length,
            groups: Array.from({ length: GROUPS }, (_, g) => own.filter(({ day }) => day % GROUPS === g).length),
            days: new Set(own.map(({ day }) => day)).size,
            sample: newest(commits.filter(({ key }) => languageOf.get(key) === language)),
          };
        })
        .sort((a, b) => b.repoDays - a.repoDays || byText(a.language, b.language)),
      repositories: [...new Set(commits.map(({ key }) => key))]
        .map((key) => {
          const own = commits.filter((one) => one.key === key);
          return {
            key,
            label: (own[0]?.item.payload['repository'] as string | undefined) ?? null,
            commits: own.length,
            days: new Set(own.map(({ day }) => day)).size,
            sample: newest(own),
          };
        })
        .sort((a, b) => b.commits - a.commits || byText(a.key, b.key)),
      first: dated(first),
      latest: dated(latest),
      byYear: [...new Set(years)].map((year) => ({ year, count: years.filter((one) => one === year).length })),
    },
  ];
}
