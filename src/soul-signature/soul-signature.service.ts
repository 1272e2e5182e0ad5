import { createHash } from 'node:crypto';
import { Inject, Injectable, Logger, Optional } from '@nestjs/common';
import { Users } from '../auth/users.js';
import { InjectConfig } from '../config/config.module.js';
import type { CompleteConfig } from '../config/development-secrets.js';
import { PlatformDirectory } from '../connectors/platform-access.js';
import { BEING_DELETED } from '../connectors/platform-data-erasers.js';
import { Database } from '../database/database.js';
import { ArtistKeys } from '../extraction/artist-keys.js';
import { FORMATS, formatNamed } from '../imports/formats.js';
import type { JobRun } from '../queues/job-run.js';
import type { JobResult } from '../queues/jobs.js';
import { buildSignature } from './build-signature.js';
import { withEvidencePages } from './facets/evidence.js';
import { completed } from './portrait/older-documents.js';
import { PopulationTables } from './statistics/population.js';
import type { Offer } from './portrait/reach.js';
import { NARRATIVE_WRITER, written, type NarrativeWriter } from './portrait/narrative-writer.js';
import { readStatistics } from './statistics/read-statistics.js';
import { Signature } from './signature.entity.js';
import type { SignatureDocument, Zone } from './document/signature.js';

/**
 * Names all that a version rests on and holds by itself: method, rules, statistics, zone, policies, the name with its
 * challenger, the place among others. `asOf`, the number of the version before and the changes against it are left out,
 * because they differ where nothing else does.
 */
function digestOf(document: SignatureDocument): string {
  const { method, rules, themes, statsDigest, zone, factsOnly, sensitiveTopics, archetype, uniqueness, rarity } =
    document;
  return createHash('sha256')
    .update(
      JSON.stringify([
        method,
        rules,
        themes,
        statsDigest,
        zone,
        factsOnly,
        sensitiveTopics,
        archetype,
        uniqueness,
        rarity,
      ]),
    )
    .digest('hex');
}

/** A version that may hold sensitive themes, as a condition of a row of `signatures`. */
export const SENSITIVE = `coalesce((document->>'sensitiveTopics')::boolean, false)`;

function current({ userId, version, builtAt, digest, document }: Signature): Signature {
  return { userId, version, builtAt, digest, document: completed(document) };
}

/** Computes signatures and keeps their versions. */
@Injectable()
export class SoulSignatureService {
  private readonly logger = new Logger(SoulSignatureService.name);

  constructor(
    private readonly database: Database,
    private readonly users: Users,
    private readonly population: PopulationTables,
    private readonly directory: PlatformDirectory,
    private readonly artistKeys: ArtistKeys,
    @InjectConfig() private readonly config: CompleteConfig,
    @Optional() @Inject(NARRATIVE_WRITER) private readonly writer?: NarrativeWriter,
  ) {}

  /** Builds the signature of the job's user; a new version is stored only when something it rests on has changed. */
  async build(run: JobRun<'build-signature'>): Promise<JobResult<'build-signature'>> {
    const { userId } = run.job;
    const { timeZone, sensitiveTopics } = await this.users.find(userId);
    const zone: Zone | null = timeZone === null ? null : { iana: timeZone, source: 'user' };
    await this.artistKeys.ofPerson(userId, run.signal);
    const asOf = new Date();
    const connected = await this.platformsOf(userId);
    const statistics = await this.database.snapshot(
      (tx) => readStatistics((sql, parameters) => tx.query(sql, parameters), userId, { connected, asOf }),
      'long',
    );
    const latest = await this.latest(userId);
    const built = buildSignature(statistics, {
      asOf,
      zone,
      previous: latest,
      factsOnly: this.factsOnly(),
      sensitiveTopics,
      offers: this.offers(connected),
      ...(await this.population.of(userId)),
    });
    const digest = digestOf(built);
    const newest = await this.newestNumber(userId);
    if (latest?.digest === digest && latest.version === newest) return { version: newest, changed: false };

    const document = this.writer ? { ...built, narrative: await this.written(built, this.writer) } : built;
    const version = newest + 1;
    const numbered = withEvidencePages(
      document,
      (key) => `/api/soul-signature/versions/${version}/evidence/${encodeURIComponent(key)}`,
    );
    await run.save({ checkpoint: { version }, progress: 90, items: 0, step: 'Signature computed' }, async (tx) => {
      if (!sensitiveTopics) await tx.query(`DELETE FROM signatures WHERE user_id = $1 AND ${SENSITIVE}`, [userId]);
      await tx.query('INSERT INTO signatures (user_id, version, digest, document) VALUES ($1, $2, $3, $4)', [
        userId,
        version,
        digest,
        JSON.stringify(numbered),
      ]);
    });
    return { version, changed: true };
  }

  /** What estimates may use of the platforms that the person has connected, can connect here, or has brought archives of. */
  offers(connected: readonly string[]): Offer[] {
    const factsOnly = this.factsOnly();
    const connectable = this.directory
      .list()
      .filter(({ platform, access }) => access ?? platform.personalToken ?? connected.includes(platform.name))
      .map(({ platform: { name, gives } }) => ({ name, gives }));
    const brought = FORMATS.filter(({ platform }) => connected.includes(platform)).map(({ platform, gives }) => ({
      name: platform,
      gives,
    }));
    return [...connectable, ...brought].filter(({ name }) => !factsOnly.includes(name));
  }

  /** Platforms whose operator allows facts only. */
  private factsOnly(): string[] {
    return [...this.config.platforms].flatMap(([platform, { estimates }]) => (estimates === 'facts' ? [platform] : []));
  }

  /** A writer that fails costs the person no signature: the sentences of the rules are there already. */
  private async written(
    { narrative }: SignatureDocument,
    writer: NarrativeWriter,
  ): Promise<SignatureDocument['narrative']> {
    try {
      return await written(narrative, writer);
    } catch (error) {
      this.logger.warn(`[Signature] The narrative writer ${writer.name} failed: ${String(error)}`);
      return narrative;
    }
  }

  async latest(userId: string): Promise<Signature | undefined> {
    const [signature] = await this.versions(userId, undefined, 1);
    return signature;
  }

  async version(userId: string, version: number): Promise<Signature | undefined> {
    const signature = await this.before(userId, version + 1);
    return signature?.version === version ? signature : undefined;
  }

  /** The newest version below a number: numbers between may be deleted or not shown. */
  async before(userId: string, version: number): Promise<Signature | undefined> {
    const [signature] = await this.versions(userId, version, 1);
    return signature;
  }

  /** Of all versions, those that are no longer shown included: a number is never given twice. */
  private async newestNumber(userId: string): Promise<number> {
    const [row] = await this.database.query<{ newest: number | null }>(
      'SELECT max(version) AS newest FROM signatures WHERE user_id = $1',
      [userId],
    );
    return row?.newest ?? 0;
  }

  /** Newest first; `before` continues a list. What holds sensitive themes is shown only while the person asks for them. */
  async versions(userId: string, before: number | undefined, limit: number): Promise<Signature[]> {
    const rows = await this.database.query<Signature>(
      `SELECT user_id AS "userId", version, built_at AS "builtAt", digest, document FROM signatures
       WHERE user_id = $1 AND ($2::bigint IS NULL OR version < $2)
         AND NOT (${SENSITIVE} AND NOT (SELECT sensitive_topics FROM users WHERE id = $1)) ORDER BY version DESC LIMIT $3`,
      [userId, before ?? null, limit],
    );
    return rows.map(current);
  }

  /**
   * Connected platforms, and those of which there are items: of an archive, or kept when they were disconnected. Of those
   * whose data is being deleted only the ones that an archive tells of, which stays.
   */
  async platformsOf(userId: string): Promise<string[]> {
    const rows = await this.database.query<{ platform: string; leaving: boolean }>(
      `SELECT platform, platform = ANY (ARRAY(${BEING_DELETED})) AS leaving FROM (
         SELECT platform FROM connections WHERE user_id = $1 AND status <> 'disconnected'
         UNION SELECT platform FROM stat_kind WHERE user_id = $1) AS known ORDER BY platform`,
      [userId],
    );
    const brought = rows.some(({ leaving }) => leaving) ? await this.broughtOf(userId) : [];
    return rows.flatMap(({ platform, leaving }) => (leaving && !brought.includes(platform) ? [] : [platform]));
  }

  /** The platforms of which archives were read that the person has brought. */
  private async broughtOf(userId: string): Promise<string[]> {
    const rows = await this.database.query<{ format: string }>(
      `SELECT DISTINCT format FROM import_entries JOIN imports ON imports.id = import_id
       WHERE imports.user_id = $1 AND deleting_at IS NULL AND (counts ->> 'read')::int > 0`,
      [userId],
    );
    return rows.flatMap(({ format }) => formatNamed(format)?.platform ?? []);
  }
}
