import { formatNamed } from '../../imports/formats.js';
import { EARLIEST_ACT, OWN_ITEMS, OWN_ROWS, type Query } from './read-query.js';
import { byText, type KindTellings, type SourceTellings } from './statistics.js';

/** Names the connection among the sources of an item. */
const CONNECTION = 'connection';

interface ImportRow {
  readonly id: string;
  readonly importedAt: string;
  /** Its deletion was asked for: what it told is going. */
  readonly leaving: boolean;
  readonly formats: string[];
}

interface ToldRow extends KindTellings {
  readonly platform: string;
  readonly source: string;
}

/**
 * Who told what of the connected platforms: the connection, then archives as they came. An act that several have told
 * counts for each, also where another platform shows it. Nobody without an import pays for this: the list is empty then.
 */
export async function readTellings(
  query: Query,
  userId: string,
  connected: readonly string[],
): Promise<SourceTellings[]> {
  const imports = await query<ImportRow>(
    `SELECT id, to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "importedAt",
            deleting_at IS NOT NULL AS leaving,
            ARRAY(SELECT DISTINCT format FROM import_entries WHERE import_id = imports.id AND format IS NOT NULL) AS formats
     FROM imports WHERE user_id = $1 AND uploaded`,
    [userId],
  );
  if (imports.length === 0) return [];
  const rows = await query<ToldRow>(
    `SELECT platform, kind, source, sum(items)::int AS items, ${utc('min("from")')} AS "from", ${utc('max("to")')} AS "to"
     FROM (${toldBy(`FROM items WHERE ${OWN_ITEMS}`)} UNION ALL ${toldBy(`FROM witnesses WHERE ${OWN_ROWS}`)}) told, unnest(sources) AS source
     GROUP BY 1, 2, 3`,
    [userId, [...connected], EARLIEST_ACT],
  );
  const known = new Map(imports.filter(({ leaving }) => !leaving).map((one) => [one.id, one]));
  const sources = [...new Set(rows.map(({ platform, source }) => `${platform} ${source}`))].flatMap((name) => {
    const own = rows.filter(({ platform, source }) => `${platform} ${source}` === name);
    const [first] = own;
    const archive = known.get(first?.source ?? '');
    if (!first || (first.source !== CONNECTION && !archive)) return [];
    return [sourceOf(first.platform, archive, own)];
  });
  return sources.sort((a, b) => byText(a.platform, b.platform) || byText(ageOf(a), ageOf(b)));
}

/** These rows by all who told them: few combinations, however many rows. */
function toldBy(rows: string): string {
  const act = `FILTER (WHERE time_meaning = 'user_act' AND occurred_at >= $3::timestamptz)`;
  return `SELECT platform, kind, sources, count(*) AS items, min(occurred_at) ${act} AS "from", max(occurred_at) ${act} AS "to"
    ${rows} GROUP BY 1, 2, 3`;
}

function utc(time: string): string {
  return `to_char(${time} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
}

function sourceOf(platform: string, archive: ImportRow | undefined, rows: readonly ToldRow[]): SourceTellings {
  return {
    platform,
    archive: archive
      ? { importId: archive.id, importedAt: archive.importedAt, formats: formatsOf(archive, platform) }
      : null,
    kinds: rows.map(({ kind, items, from, to }) => ({ kind, items, from, to })).sort((a, b) => byText(a.kind, b.kind)),
  };
}

function formatsOf({ formats }: ImportRow, platform: string) {
  return formats
    .flatMap((name) => formatNamed(name) ?? [])
    .filter((format) => format.platform === platform)
    .map(({ name, title }) => ({ name, title }))
    .sort((a, b) => byText(a.name, b.name));
}

/** Sorts the connection before archives, and these as they came. */
function ageOf({ archive }: SourceTellings): string {
  return archive ? `${archive.importedAt} ${archive.importId}` : '';
}
