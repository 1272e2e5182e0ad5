import fc from 'fast-check';
import { sitePath } from './site-path.js';

const isGood = (path: string) => sitePath.safeParse(path).success;

/** Where a browser on our site would go. */
const SITE = 'https://soul.example.org';
const staysHere = (path: string) => new URL(path, SITE).origin === SITE;

describe('A path to return to', () => {
  it.each([
    '/',
    '/signature',
    '/a/b?x=1&y=//two#part',
    '/?next=https://evil.example',
    '/ä/🦄',
    '/a//b',
    '/a/../b',
    '/%2F%2Fevil.example',
  ])('may be %s', (path) => {
    expect(isGood(path)).toBe(true);
  });

  it.each([
    '',
    'signature',
    'https://evil.example/',
    'javascript:alert(1)',
    '//evil.example',
    '///evil.example',
    '/\\evil.example',
    '\\\\evil.example',
    '/\t/evil.example',
    '/\n/evil.example',
    '/..//evil.example',
    '/.//evil.example',
    '/a/..//evil.example',
    '/%2e%2e//evil.example',
    '/.%2E//evil.example',
    ' //evil.example',
    '//',
    '//[',
    '//user@evil.example:99999/',
    `/${'a'.repeat(2_000)}`,
  ])('may not be %j', (path) => {
    expect(isGood(path)).toBe(false);
  });

  it('never leads to another site, neither as it is nor as a browser writes it', () => {
    const piece = fc.constantFrom(
      '/',
      '//',
      '.',
      '..',
      '\\',
      '@',
      ':',
      'evil.example',
      '%2e',
      '%2f',
      '%5c',
      '?',
      '#',
      '\t',
      ' ',
      'http:',
      '[',
      'ｅ',
      '。',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const path = pieces.join('');
        if (!isGood(path)) return;
        expect(staysHere(path)).toBe(true);
        const { pathname, search, hash } = new URL(path, SITE);
        expect(staysHere(pathname + search + hash)).toBe(true);
      }),
      { numRuns: 5_000 },
    );
  });
});
