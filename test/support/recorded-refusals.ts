import type { RecordedRefusal } from './recorded-refusal.js';
import { GITHUB } from './recorded-refusals-github.js';
import { SPOTIFY } from './recorded-refusals-spotify.js';
import { YOUTUBE } from './recorded-refusals-youtube.js';

/** What the providers are known to refuse with; at least one for each row of their tables. */
export const RECORDED_REFUSALS: readonly RecordedRefusal[] = [
  ...SPOTIFY.map((refusal) => ({ platform: 'spotify', ...refusal }) as const),
  ...GITHUB.map((refusal) => ({ platform: 'github', ...refusal }) as const),
  ...YOUTUBE.map((refusal) => ({ platform: 'youtube', ...refusal }) as const),
];
