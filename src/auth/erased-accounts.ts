import {
  HttpException,
  Injectable,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import type { Request } from 'express';
import { catchError, type Observable } from 'rxjs';
import { ConnectionsBusyError } from '../database/failures.js';
import type { Identity } from './tokens.js';
import { Users } from './users.js';

/**
 * Answers 401 `ACCOUNT_DELETED` where a request was admitted, and then failed because its account was deleted meanwhile:
 * the database refuses rows of somebody who is gone, and what such a request seeks is not there.
 */
@Injectable()
export class ErasedAccounts implements NestInterceptor {
  constructor(private readonly users: Users) {}

  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (context.getType() !== 'http') return next.handle();
    const { identity } = context.switchToHttp().getRequest<Request & { readonly identity?: Identity }>();
    if (!identity) return next.handle();
    return next.handle().pipe(
      catchError(async (error: unknown) => {
        const isAboutRows = !(error instanceof HttpException || error instanceof ConnectionsBusyError);
        if (isAboutRows) await this.users.refuseDeleted(identity);
        throw error;
      }),
    );
  }
}
