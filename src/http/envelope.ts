import { Injectable, type CallHandler, type ExecutionContext, type NestInterceptor } from '@nestjs/common';
import { map, type Observable } from 'rxjs';

/** An answer with fields beside `data`: `cached`, or the page of a list. */
export class Envelope {
  constructor(
    readonly data: unknown,
    readonly beside: Readonly<Record<string, unknown>>,
  ) {}
}

/** Wraps the result of a route in `{ success: true, data }`. */
@Injectable()
export class EnvelopeInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler): Observable<unknown> {
    if (context.getType() !== 'http') return next.handle();
    return next
      .handle()
      .pipe(
        map((answer: unknown) =>
          answer instanceof Envelope
            ? { success: true, data: answer.data, ...answer.beside }
            : { success: true, data: answer ?? null },
        ),
      );
  }
}
