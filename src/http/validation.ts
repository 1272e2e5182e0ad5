import { StandardSchemaValidationPipe } from '@nestjs/common';
import { ApiError } from './api-error.js';

/** Checks bodies, queries and parameters against the schemas named at the routes: `@Body({ schema })`. */
export const validation = new StandardSchemaValidationPipe({
  exceptionFactory: (issues) => {
    const details = issues.slice(0, 20).map((issue) => ({
      path: (issue.path ?? []).map((segment) => String(typeof segment === 'object' ? segment.key : segment)).join('.'),
      message: issue.message,
    }));
    const [first] = details;
    return new ApiError(
      400,
      'INVALID_INPUT',
      `The request is not valid: ${first?.path ? `${first.path}: ` : ''}${first?.message ?? 'see details'}`,
      { details },
    );
  },
});
