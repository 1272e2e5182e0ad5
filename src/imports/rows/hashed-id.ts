import { createHash } from 'node:crypto';
import type { Json } from '../../platforms/platform.js';

/** An id made of what a row tells, for rows whose platform gives none: the same words, the same id. 71 characters. */
export function hashedId(...told: readonly Json[]): string {
  return `sha256:${createHash('sha256').update(JSON.stringify(told)).digest('hex')}`;
}
