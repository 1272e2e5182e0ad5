import type { Expiry } from '../database/housekeeping.js';
import { SENSITIVE } from './soul-signature.service.js';

/** How many versions of a person stay, however old: the newest, and the one that it is compared with. */
const KEPT = 2;

/** The versions to delete. Those that may be hidden are not counted among the ones that stay. */
export function signatureExpiry(days: number): Expiry {
  return {
    table: 'signatures',
    old: `built_at < now() - interval '${days} days' AND ${KEPT} <= (
      SELECT count(*) FROM signatures AS newer
      WHERE newer.user_id = signatures.user_id AND newer.version > signatures.version AND NOT ${SENSITIVE})`,
  };
}
