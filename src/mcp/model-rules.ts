import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { BulkDatabase } from '../database/database.js';
import { CONNECTION } from '../extraction/item-versions.js';
import { platformTitle } from '../platforms/platform-titles.js';
import type { Evidence } from '../soul-signature/document/evidence.js';
import type { EvidenceItem } from '../soul-signature/statistics/read-evidence.js';

/** Platforms that forbid to hand what their API gives to language models; see docs/provider-policies.md. */
const FORBIDDING: Readonly<Record<string, string>> = {
  spotify: 'Spotify’s developer terms forbid handing what its API gives to language models.',
};

const PLATFORMS = Object.keys(FORBIDDING);

/** What was left out of an answer, and why. */
const withheldPart = z.object({
  platform: z.string(),
  what: z.string().describe('What was left out'),
  why: z.string(),
  wayOut: z.string().describe('How the person can see it, or let it be told'),
});

export type WithheldPart = z.output<typeof withheldPart>;

/** As `withheld` in the answer of every tool. */
export const withheldParts = z
  .array(withheldPart)
  .describe('What was left out because its provider forbids handing it to language models. It exists all the same.');

/** An item as it may be handed on. */
export interface OpenItem {
  readonly id: string;
  readonly platform: string;
  readonly kind: string;
  readonly occurredAt: string | null;
  readonly data: unknown;
  /** `connection`, or the ids of imports. */
  readonly sources: readonly string[];
}

/** Of one person, what must not be handed to language models: what only a forbidding platform's connection has told. */
export class ModelRules {
  constructor(
    private readonly database: BulkDatabase,
    private readonly userId: string,
    /** `platform.kind`, of which nobody but the connection tells anything. */
    private readonly closed: ReadonlySet<string>,
  ) {}

  isClosed(platform: string, kind: string): boolean {
    return this.closed.has(`${platform}.${kind}`);
  }

  /** Whether all that a claim rests on is closed. */
  isAllClosed({ kinds }: Pick<Evidence, 'kinds'>): boolean {
    return kinds.length > 0 && kinds.every((kind) => this.closed.has(kind));
  }

  /** Of these items, by their written ids, those that may be named. */
  async open(ids: readonly string[]): Promise<ReadonlySet<string>> {
    const free = ids.filter((id) => !PLATFORMS.includes(partsOf(id)[0]));
    const asked = ids
      .map(partsOf)
      .filter(([platform, kind]) => PLATFORMS.includes(platform) && !this.isClosed(platform, kind));
    if (asked.length === 0) return new Set(free);
    const rows = await this.database.query<{ id: string }>(OPEN_ITEMS, [
      this.userId,
      ...[0, 1, 2].map((part) => asked.map((id) => id[part])),
    ]);
    return new Set([...free, ...rows.map(({ id }) => id)]);
  }

  /** The items that may be handed on; one that another source tells too comes in that one's words. */
  async itemsOf(items: readonly EvidenceItem[]): Promise<{ open: OpenItem[]; withheld: WithheldPart[] }> {
    const told = await this.toldByOthers(items.filter(({ platform, sources }) => isForbidden(platform, sources)));
    const own = await this.toldByArchives(items.filter(isToldByForbidden));
    const open = items.flatMap((item): OpenItem[] => {
      if (!isForbidden(item.platform, item.sources)) return [own.get(item.id) ?? openItem(item)];
      const other = told.get(item.id);
      return other ? [other] : [];
    });
    const missing = items.filter(({ id }) => !open.some((one) => one.id === id || told.get(id) === one));
    return { open, withheld: PLATFORMS.flatMap((platform) => itemsWithheld(platform, missing)) };
  }

  /** By the id of an item that a connection and archives tell, how the archives do. */
  private async toldByArchives(items: readonly EvidenceItem[]): Promise<ReadonlyMap<string, OpenItem>> {
    if (items.length === 0) return new Map();
    const rows = await this.database.query<Pick<OpenItem, 'id' | 'occurredAt' | 'data' | 'sources'>>(ARCHIVE_WORDS, [
      this.userId,
      ...[0, 1, 2].map((part) => items.map(({ id }) => partsOf(id)[part])),
    ]);
    return new Map(
      rows.flatMap((row) => {
        const item = items.find(({ id }) => id === row.id);
        return item ? [[row.id, { ...row, platform: item.platform, kind: item.kind }] as const] : [];
      }),
    );
  }

  /** By the id of an item, how another source tells the same listening. */
  private async toldByOthers(items: readonly EvidenceItem[]): Promise<ReadonlyMap<string, OpenItem>> {
    const witnessed = items.flatMap(({ id, kind, witnesses }) => {
      const witness = witnesses.find(({ platform, sources }) => !isForbidden(platform, sources));
      return witness ? [{ id, kind, witness }] : [];
    });
    if (witnessed.length === 0) return new Map();
    const rows = await this.database.query<{ platform: string; externalId: string; data: unknown }>(WITNESS_DATA, [
      this.userId,
      witnessed.map(({ witness }) => witness.platform),
      witnessed.map(({ kind }) => kind),
      witnessed.map(({ witness }) => witness.externalId),
    ]);
    return new Map(
      witnessed.flatMap(({ id, kind, witness: { platform, externalId, occurredAt, sources } }) => {
        const row = rows.find((one) => one.platform === platform && one.externalId === externalId);
        const own = `${platform}/${kind}/${externalId}`;
        return row ? [[id, { id: own, platform, kind, occurredAt, data: row.data, sources }] as const] : [];
      }),
    );
  }
}

/** Finds what must not be handed to language models. */
@Injectable()
export class ModelRuleBook {
  constructor(private readonly database: BulkDatabase) {}

  async of(userId: string): Promise<ModelRules> {
    const rows = await this.database.query<{ kind: string }>(CLOSED_KINDS, [userId, PLATFORMS]);
    return new ModelRules(this.database, userId, new Set(rows.map(({ kind }) => kind)));
  }
}

/** The note of what was left out of an answer about a platform. */
export function withheld(platform: string, what: string): WithheldPart {
  const title = platformTitle(platform);
  return {
    platform,
    what,
    why: FORBIDDING[platform] ?? '',
    wayOut: `The person sees it on their own page. If they import the archive that they can ask ${title} for, what the archive tells is theirs and comes here too.`,
  };
}

/** The platforms whose kinds are among these (`platform.kind`) and forbid handing them on. */
export function forbiddingAmong(kinds: readonly string[]): string[] {
  return PLATFORMS.filter((platform) => kinds.some((kind) => kind.startsWith(`${platform}.`)));
}

/** Whether only the connection of a forbidding platform has told it. */
function isForbidden(platform: string, sources: readonly string[]): boolean {
  return PLATFORMS.includes(platform) && sources.every((source) => source === CONNECTION);
}

/** Whether a forbidding platform's connection has told it, and somebody else too. */
function isToldByForbidden({ platform, sources }: EvidenceItem): boolean {
  return PLATFORMS.includes(platform) && sources.length > 1 && sources.includes(CONNECTION);
}

function openItem({ id, platform, kind, occurredAt, payload, sources }: EvidenceItem): OpenItem {
  return { id, platform, kind, occurredAt, data: payload, sources };
}

function itemsWithheld(platform: string, missing: readonly EvidenceItem[]): WithheldPart[] {
  const count = missing.filter((item) => item.platform === platform).length;
  if (count === 0) return [];
  return [withheld(platform, `${count} ${count === 1 ? 'item' : 'items'} of this page that only the connection tells`)];
}

/** `platform/kind/externalId`; only the last part may have slashes. */
function partsOf(id: string): readonly [platform: string, kind: string, externalId: string] {
  const [platform = '', kind = '', ...rest] = id.split('/');
  return [platform, kind, rest.join('/')];
}

/** Told by somebody else than the connection of a forbidding platform ($2). */
const TOLD_BY_OTHERS = `sources <> '{${CONNECTION}}'`;

/** Kinds of forbidding platforms ($2) of which no import tells anything. */
const CLOSED_KINDS = `SELECT platform || '.' || kind AS kind FROM stat_kind
  WHERE user_id = $1 AND platform = ANY ($2::text[]) AND NOT (
    EXISTS (SELECT FROM imports WHERE user_id = $1) AND (
      EXISTS (SELECT FROM items WHERE items.user_id = $1 AND items.platform = stat_kind.platform AND items.kind = stat_kind.kind
        AND gone_at IS NULL AND ${TOLD_BY_OTHERS})
      OR EXISTS (SELECT FROM witnesses WHERE witnesses.user_id = $1 AND shown_platform = stat_kind.platform
        AND witnesses.kind = stat_kind.kind AND ${TOLD_BY_OTHERS})))`;

/** Of items of forbidding platforms ($2 platforms, $3 kinds, $4 external ids), those that others tell too. */
const OPEN_ITEMS = `SELECT platform || '/' || kind || '/' || external_id AS id
  FROM unnest($2::text[], $3::text[], $4::text[]) AS asked (of_platform, of_kind, of_id) CROSS JOIN LATERAL (
    SELECT * FROM items WHERE user_id = $1 AND platform = of_platform AND kind = of_kind AND external_id = of_id OFFSET 0) AS item
  WHERE ${TOLD_BY_OTHERS} OR EXISTS (
    SELECT FROM witnesses AS witness WHERE witness.user_id = $1 AND shown_platform = item.platform
      AND witness.kind = item.kind AND shown_id = item.external_id AND witness.${TOLD_BY_OTHERS})`;

/** What tellings hold that another item shows ($2 platforms, $3 kinds, $4 external ids). */
const WITNESS_DATA = `SELECT platform, external_id AS "externalId", payload AS data
  FROM unnest($2::text[], $3::text[], $4::text[]) AS asked (of_platform, of_kind, of_id) CROSS JOIN LATERAL (
    SELECT * FROM witnesses WHERE user_id = $1 AND platform = of_platform AND kind = of_kind AND external_id = of_id OFFSET 0) AS witness`;

/**
 * What archives told of items that a connection tells too ($2 platforms, $3 kinds, $4 external ids): the version of the last
 * archive that told it in other words, or what the item shows, which are the words of an archive without a version.
 */
const ARCHIVE_WORDS = `SELECT platform || '/' || kind || '/' || external_id AS id, others AS sources,
    to_char((CASE WHEN same THEN occurred_at ELSE (version ->> 'occurredAt')::timestamptz END) AT TIME ZONE 'UTC',
      'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') AS "occurredAt",
    CASE WHEN same THEN payload ELSE version -> 'payload' END AS data
  FROM unnest($2::text[], $3::text[], $4::text[]) AS asked (of_platform, of_kind, of_id) CROSS JOIN LATERAL (
    SELECT * FROM items WHERE user_id = $1 AND platform = of_platform AND kind = of_kind AND external_id = of_id OFFSET 0) AS item
  CROSS JOIN LATERAL (SELECT array_remove(sources, '${CONNECTION}') AS others) AS told
  CROSS JOIN LATERAL (
    SELECT NOT coalesce(versions ?& others, false) AS same, versions -> others[cardinality(others)] AS version) AS words`;
