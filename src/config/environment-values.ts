import { Cron } from 'croner';
import { z } from 'zod';

/** A whole number within bounds, written in digits. */
export const integer = (min: number, max: number) =>
  z
    .string()
    .regex(/^\d+$/, `must be a whole number from ${min} to ${max}`)
    .transform(Number)
    .refine((value) => value >= min && value <= max, `must be a whole number from ${min} to ${max}`);

/** A decimal number within bounds. */
export const number = (min: number, max: number) =>
  z
    .string()
    .transform(Number)
    .refine((value) => value >= min && value <= max, `must be a number from ${min} to ${max}`);

/** A switch: true, false, on, off, yes, no, 1 or 0. */
export const flag = z
  .string()
  .toLowerCase()
  .pipe(z.enum(['true', 'false', 'on', 'off', '1', '0', 'yes', 'no'], 'must be true or false'))
  .transform((word) => ['true', 'on', '1', 'yes'].includes(word));

/** An absolute http(s) address without user name and password. */
export const httpUrl = z.string().refine(
  (text) => {
    if (!URL.canParse(text)) return false;
    const url = new URL(text);
    return ['http:', 'https:'].includes(url.protocol) && url.username === '' && url.password === '';
  },
  // Later refinements may rely on a valid value.
  { error: 'must be an http(s) address', abort: true },
);

/** A host name or address without scheme, port and path, as browsers write it: IPv6 in brackets. */
export const hostName = z
  .string()
  .toLowerCase()
  .refine((text) => {
    const isName = /^([a-z0-9_-]+(\.[a-z0-9_-]+)*|\[[0-9a-f:.]+\])$/.test(text);
    return isName && URL.canParse(`http://${text}`) && new URL(`http://${text}`).hostname === text;
  }, 'must be a host name without scheme and port, e.g. app.example.org');

/** Comma-separated values. */
export const list = <Item extends z.ZodType<unknown, string>>(item: Item) =>
  z
    .string()
    .transform((text) =>
      text
        .split(',')
        .map((part) => part.trim())
        .filter((part) => part !== ''),
    )
    .pipe(z.array(item));

/** Whether a host name or address literal always means this machine. */
export function isLoopbackHost(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || hostname === '::1' || /^127(\.\d{1,3}){3}$/.test(hostname);
}

export const BUDGET_FORM = 'must read requests/milliseconds, e.g. 90/30000, or off';

/** A budget `<requests>/<milliseconds>`; null (`off`) for no limit. */
export const requestBudget = z.string().transform((text, context) => {
  if (text.trim().toLowerCase() === 'off') return null;
  const [, requests = '', perMs = ''] = /^\s*(\d{1,9})\s*\/\s*(\d{1,10})\s*$/.exec(text) ?? [];
  if (Number(requests) > 0 && Number(perMs) > 0) return { requests: Number(requests), perMs: Number(perMs) };
  context.addIssue({ code: 'custom', message: BUDGET_FORM });
  return z.NEVER;
});

export const BOUNDS_FORM = 'must name kinds of items and numbers, e.g. saved-track:5000,playlist-item:2000';

/** How many entries of each list are read, by the kind of its items. */
export const listBounds = z.string().transform((text, context) => {
  const parts = text.split(',').map((part) => /^\s*([a-z][a-z-]*)\s*:\s*(\d{1,9})\s*$/.exec(part));
  if (parts.every((part) => part !== null && Number(part[2]) > 0)) {
    return Object.fromEntries(parts.map((part) => [part?.[1] ?? '', Number(part?.[2])]));
  }
  context.addIssue({ code: 'custom', message: BOUNDS_FORM });
  return z.NEVER;
});

/** A cron pattern of five fields, or null for `off`. */
export const cronPattern = z.string().transform((text, context) => {
  if (text.trim().toLowerCase() === 'off') return null;
  try {
    if (text.trim().split(/\s+/).length === 5 && new Cron(text, { paused: true }).nextRun()) return text.trim();
  } catch {
    // The issue is added below.
  }
  context.addIssue({ code: 'custom', message: 'must be a cron pattern of five fields, e.g. 0 2 * * *, or off' });
  return z.NEVER;
});
