import type { Expiry } from '../database/housekeeping.js';
import type { Platform } from '../platforms/platform.js';

/** Days for which an item is kept after the platform no longer has it, in case it comes back. */
const GONE_DAYS = 30;

/** The items to delete: those gone for long, and those of platforms that limit how long data may be kept. */
export function itemExpiries(platforms: readonly Pick<Platform, 'name' | 'keepDays'>[]): Expiry[] {
  const expiries: Expiry[] = [{ table: 'items', old: `gone_at < now() - interval '${GONE_DAYS} days'` }];
  for (const { name, keepDays = {} } of platforms) {
    for (const [kind, days] of Object.entries(keepDays)) {
      const old = `platform = '${name}' AND kind = '${kind}' AND first_seen_at < now() - interval '${days} days'`;
      expiries.push({ table: 'items', old });
    }
  }
  return expiries;
}
