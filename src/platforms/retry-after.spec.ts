import { retryAfterMs } from './retry-after.js';

const now = new Date('1994-11-06T08:49:00Z');

test.each([
  ['37', 37_000],
  [' 0.0005 ', 1],
  ['0', 0],
  ['1e9', undefined],
  ['-5', undefined],
  ['soon', undefined],
  ['', undefined],
  [undefined, undefined],
  ['Sun, 06 Nov 1994 08:49:37 GMT', 37_000],
  ['Sunday, 06-Nov-94 08:49:37 GMT', 37_000],
  ['Sun Nov  6 08:49:37 1994', 37_000],
  ['Sat, 05 Nov 1994 08:49:37 GMT', 0],
  ['Fri, 31 Dec 9999 23:59:59 GMT', 365 * 86_400_000],
])('%s asks for %s ms', (header, expected) => {
  expect(retryAfterMs(header, now)).toBe(expected);
});
