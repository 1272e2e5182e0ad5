import { createHash } from 'node:crypto';
import {
  applyDecorators,
  Injectable,
  UseInterceptors,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import type { Request, Response } from 'express';
import { catchError, from, mergeMap, type Observable } from 'rxjs';
import { Database } from '../database/database.js';
import { ApiError } from '../http/api-error.js';
import type { Identity } from './tokens.js';

/** Marks a route that creates work: requests with the same `Idempotency-Key` create it once and get the same answer. */
export const CreatesWork = () => applyDecorators(UseInterceptors(IdempotencyInterceptor));

interface StoredAnswer {
  readonly fresh: boolean;
  readonly requestHash: Buffer;
  readonly status: number | null;
  readonly answer: unknown;
}

/**
 * The header `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header). A key stands for one request of one user
 * for 24 hours. The same request again gets the stored answer; another request with the key is refused, and so is the
 * same one while the first is running. A failed request frees its key, so that it can be repeated.
 */
@Injectable()
class IdempotencyInterceptor implements NestInterceptor {
  constructor(private readonly database: Database) {}

  async intercept(context: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    const request = context.switchToHttp().getRequest<Request & { identity: Identity }>();
    const response = context.switchToHttp().getResponse<Response>();
    const key = request.get('idempotency-key');
    if (key === undefined) return next.handle();
    if (!/^[\x21-\x7e]{1,255}$/.test(key)) {
      throw new ApiError(
        400,
        'IDEMPOTENCY_KEY_INVALID',
        'Idempotency-Key must have 1 to 255 printable characters without spaces.',
      );
    }
    const { userId } = request.identity;
    const stored = await this.reserve(userId, key, hashOf(request));
    if (!stored.fresh) return from(Promise.resolve(this.replay(stored, hashOf(request), response)));
    return next.handle().pipe(
      mergeMap(async (answer: unknown) => {
        await this.database.query(
          'UPDATE idempotency_keys SET status = $3, answer = $4 WHERE user_id = $1 AND key = $2',
          [userId, key, response.statusCode, JSON.stringify(answer)],
        );
        return answer;
      }),
      catchError(async (error: unknown) => {
        await this.database.query('DELETE FROM idempotency_keys WHERE user_id = $1 AND key = $2', [userId, key]);
        throw error;
      }),
    );
  }

  /**
   * Reserves a key: one request gets it fresh, all others do not. A reservation whose process died ends after 2 min, also
   * when the database's clock has stepped back since.
   */
  private async reserve(userId: string, key: string, hash: Buffer): Promise<StoredAnswer> {
    const [row] = await this.database.query<StoredAnswer>(
      `INSERT INTO idempotency_keys (user_id, key, request_hash) VALUES ($1, $2, $3)
       ON CONFLICT (user_id, key) DO UPDATE SET request_hash = excluded.request_hash, status = NULL, answer = NULL, created_at = now()
         WHERE idempotency_keys.created_at < now() - interval '24 hours'
            OR (idempotency_keys.status IS NULL
              AND idempotency_keys.created_at NOT BETWEEN now() - interval '2 minutes' AND now() + interval '2 minutes')
       RETURNING true AS fresh, request_hash AS "requestHash", status, answer`,
      [userId, key, hash],
    );
    if (row) return row;
    const [known] = await this.database.query<StoredAnswer>(
      'SELECT false AS fresh, request_hash AS "requestHash", status, answer FROM idempotency_keys WHERE user_id = $1 AND key = $2',
      [userId, key],
    );
    return known ?? this.reserve(userId, key, hash);
  }

  private replay({ requestHash, status, answer }: StoredAnswer, hash: Buffer, response: Response): unknown {
    if (!requestHash.equals(hash)) {
      throw new ApiError(
        422,
        'IDEMPOTENCY_KEY_REUSED',
        'This Idempotency-Key was used for another request. Choose a new one.',
      );
    }
    if (status === null) {
      throw new ApiError(
        409,
        'IDEMPOTENCY_KEY_IN_USE',
        'The first request with this Idempotency-Key is still running.',
        { retryAfter: 1 },
      );
    }
    response.status(status).setHeader('Idempotency-Replayed', 'true');
    return answer;
  }
}

/** Bodies can contain codes and tokens, so only their hash is stored. */
function hashOf(request: Request): Buffer {
  return createHash('sha256')
    .update(JSON.stringify([request.method, request.originalUrl, request.body ?? null]))
    .digest();
}
