import { Injectable } from '@nestjs/common';
import { BEING_DELETED } from '../connectors/platform-data-erasers.js';
import { BulkDatabase, Database } from '../database/database.js';
import { ApiError } from '../http/api-error.js';
import { OneByOne } from '../http/one-by-one.js';
import { JobQueries } from '../queues/job-queries.js';
import type { Evidence, Predicate } from './document/evidence.js';
import type { Change } from './document/portrait.js';
import { evidenceOf } from './facets/evidence.js';
import { diffOf } from './portrait/diff.js';
import { withReach } from './portrait/reach.js';
import type { Signature } from './signature.entity.js';
import { SoulSignatureService } from './soul-signature.service.js';
import { EvidenceCursorError, readEvidence, type EvidencePage } from './statistics/read-evidence.js';
import { readGaps, withoutTold } from './statistics/read-gaps.js';
import type { Query } from './statistics/read-query.js';
import { readTellings } from './statistics/read-tellings.js';
import type { CoverageGap } from './statistics/statistics.js';

/** What changed from one version to another. */
export interface Changes {
  readonly from: Pick<Signature, 'version' | 'builtAt'>;
  readonly to: Pick<Signature, 'version' | 'builtAt'>;
  readonly changes: readonly Change[];
}

/** A page of a list: how many, and after which place. */
export interface PageWanted {
  readonly limit: number;
  readonly cursor?: string | undefined;
}

/** How many items of a kind there are. */
export interface KindCount {
  readonly platform: string;
  readonly kind: string;
  readonly items: number;
}

/** A person's signature as it is shown, to the page and to programs alike. */
@Injectable()
export class SignatureReadings {
  private readonly itemReadings = new OneByOne();

  constructor(
    private readonly signatures: SoulSignatureService,
    private readonly database: Database,
    private readonly bulk: BulkDatabase,
    private readonly jobs: JobQueries,
  ) {}

  /**
   * @param version the latest without one
   * @throws ApiError 404 `NO_SIGNATURE_YET` with what is missing, `VERSION_NOT_FOUND`
   */
  async find(userId: string, version?: number): Promise<Signature> {
    if (version !== undefined) return this.existing(userId, version);
    const latest = await this.signatures.latest(userId);
    if (!latest) throw await this.notYet(userId);
    return latest;
  }

  /** A version as it is shown: what is within reach depends on the platforms of today. */
  async view({ userId, version, builtAt, document }: Signature) {
    const offers = this.signatures.offers(await this.signatures.platformsOf(userId));
    return { version, builtAt, ...document, facets: withReach(document.facets, offers) };
  }

  /**
   * What changed from one version to another; without numbers, to the latest from the one before it. The first version
   * has none before it, so nothing changed.
   */
  async changes(userId: string, from?: number, to?: number): Promise<Changes> {
    const after = await this.find(userId, to);
    const before =
      from === undefined ? await this.signatures.before(userId, after.version) : await this.existing(userId, from);
    return changesBetween(before ?? after, after);
  }

  /**
   * The items behind a claim. All of a person's items may have to be read for a page.
   * @throws ApiError 404 `CLAIM_NOT_FOUND`, 400 `INVALID_INPUT` for a cursor of another list
   */
  async evidence(signature: Signature, key: string, page: PageWanted): Promise<EvidencePage> {
    return this.items(signature.userId, evidenceIn(signature, key).predicate, page);
  }

  /**
   * The items that a predicate selects, newest first.
   * @throws ApiError 400 `INVALID_INPUT` for a cursor of another list
   */
  async items(userId: string, predicate: Predicate, { limit, cursor }: PageWanted): Promise<EvidencePage> {
    return this.itemReadings.do(userId, async () => {
      try {
        return await readEvidence((sql, parameters) => this.bulk.query(sql, parameters), userId, predicate, {
          cursor,
          limit,
        });
      } catch (error) {
        if (error instanceof EvidenceCursorError) {
          throw new ApiError(400, 'INVALID_INPUT', 'cursor: is not a cursor from an earlier page');
        }
        throw error;
      }
    });
  }

  /** How many items there are of each kind, none of what is being deleted. */
  kinds(userId: string): Promise<KindCount[]> {
    return this.database.query<KindCount>(
      `SELECT platform, kind, items::float8 AS items FROM stat_kind
       WHERE user_id = $1 AND items > 0 AND platform <> ALL (ARRAY(${BEING_DELETED})) ORDER BY platform, kind`,
      [userId],
    );
  }

  /** The days of which a provider had forgotten a part before it was asked, and no archive tells. */
  gaps(userId: string, platforms: readonly string[]): Promise<CoverageGap[]> {
    const query: Query = (sql, parameters) => this.bulk.query(sql, parameters);
    return this.itemReadings.do(userId, async () => {
      const gaps = await readGaps(query, userId, platforms);
      return gaps.length === 0 ? [] : withoutTold(gaps, await readTellings(query, userId, platforms));
    });
  }

  private async existing(userId: string, version: number): Promise<Signature> {
    const signature = await this.signatures.version(userId, version);
    if (!signature) throw new ApiError(404, 'VERSION_NOT_FOUND', 'There is no such version of your signature.');
    return signature;
  }

  /** What has to happen before there is a signature. */
  private async notYet(userId: string): Promise<ApiError> {
    const connected = await this.signatures.platformsOf(userId);
    const unfinished = (await this.jobs.list({ userId }, 20)).filter(
      (job) => (job.status === 'waiting' || job.status === 'active') && job.name !== 'delete-platform-data',
    );
    const missing = missingFor(connected, unfinished);
    const message = {
      connection: 'There is no signature yet: connect a platform first.',
      extraction: 'There is no signature yet: nothing has been extracted. Start an extraction, or connect anew.',
      time: 'There is no signature yet: your data is still being read.',
    }[missing];
    return new ApiError(404, 'NO_SIGNATURE_YET', message, {
      details: { missing, connected, unfinishedJobs: unfinished.map((job) => job.id) },
    });
  }
}

/** @throws ApiError 404 `CLAIM_NOT_FOUND` */
function evidenceIn({ document }: Signature, key: string): Evidence {
  const evidence = evidenceOf(document, key);
  if (!evidence) throw new ApiError(404, 'CLAIM_NOT_FOUND', 'That version makes no such claim.');
  return evidence;
}

/** What is missing before there can be a signature. */
function missingFor(connected: readonly string[], unfinished: readonly unknown[]) {
  if (connected.length === 0) return 'connection';
  return unfinished.length === 0 ? 'extraction' : 'time';
}

function changesBetween(before: Signature, after: Signature): Changes {
  return {
    from: { version: before.version, builtAt: before.builtAt },
    to: { version: after.version, builtAt: after.builtAt },
    changes: diffOf(before.document, after.document),
  };
}
