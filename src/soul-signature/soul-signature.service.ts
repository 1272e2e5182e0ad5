import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Users } from '../auth/users.js';
import { Database } from '../database/database.js';
import type { JobRun } from '../queues/job-run.js';
import type { JobResult } from '../queues/jobs.js';
import { buildSignature } from './build-signature.js';
import { withEvidencePages } from './facets/evidence.js';
import { readStatistics } from './read-statistics.js';
import { Signature } from './signature.entity.js';
import type { Zone } from './signature.js';

/** Computes signatures and keeps their versions. */
@Injectable()
export class SoulSignatureService {
  constructor(
    private readonly database: Database,
    private readonly users: Users,
  ) {}

  /** Builds the signature of the job's user; a new version is stored only when something it rests on has changed. */
  async build(run: JobRun): Promise<JobResult<'build-signature'>> {
    const { userId } = run.job;
    const { timeZone } = await this.users.find(userId);
    const zone: Zone | null = timeZone === null ? null : { iana: timeZone, source: 'user' };
    const asOf = new Date();
    const connected = await this.platformsOf(userId);
    const statistics = await this.database.snapshot((tx) =>
      readStatistics((sql, parameters) => tx.query(sql, parameters), userId, { connected, asOf }),
    );
    const document = buildSignature(statistics, { asOf, zone });
    const digest = createHash('sha256')
      .update(JSON.stringify([document.method, document.statsDigest, zone]))
      .digest('hex');
    const latest = await this.latest(userId);
    if (latest?.digest === digest) return { version: latest.version, changed: false };

    const version = (latest?.version ?? 0) + 1;
    const numbered = withEvidencePages(
      document,
      (key) => `/api/soul-signature/versions/${version}/evidence/${encodeURIComponent(key)}`,
    );
    await run.save({ checkpoint: { version }, progress: 90, items: 0, step: 'Signature computed' }, async (tx) => {
      await tx.query('INSERT INTO signatures (user_id, version, digest, document) VALUES ($1, $2, $3, $4)', [
        userId,
        version,
        digest,
        JSON.stringify(numbered),
      ]);
    });
    return { version, changed: true };
  }

  async latest(userId: string): Promise<Signature | undefined> {
    const [signature] = await this.versions(userId, undefined, 1);
    return signature;
  }

  async version(userId: string, version: number): Promise<Signature | undefined> {
    return (await this.database.repository(Signature).findOneBy({ userId, version })) ?? undefined;
  }

  /** Newest first; `before` continues a list. */
  versions(userId: string, before: number | undefined, limit: number): Promise<Signature[]> {
    return this.database.query<Signature>(
      `SELECT user_id AS "userId", version, built_at AS "builtAt", digest, document FROM signatures
       WHERE user_id = $1 AND ($2::int IS NULL OR version < $2) ORDER BY version DESC LIMIT $3`,
      [userId, before ?? null, limit],
    );
  }

  /** Connected platforms, and those whose data was kept when they were disconnected. */
  async platformsOf(userId: string): Promise<string[]> {
    const rows = await this.database.query<{ platform: string }>(
      `SELECT platform FROM connections WHERE user_id = $1 AND (status <> 'disconnected'
         OR EXISTS (SELECT FROM items WHERE items.user_id = $1 AND items.platform = connections.platform)) ORDER BY platform`,
      [userId],
    );
    return rows.map((row) => row.platform);
  }
}
