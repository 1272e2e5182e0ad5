import { isForPrograms, isWellFormed, newToken, tokenHash } from './token-format.js';

const CHECKSUM_OF_ZEROS = '2EGXOe';

describe('A token for a program', () => {
  it('is another one each time, and known by its beginning and its checksum', () => {
    const tokens = Array.from({ length: 500 }, newToken);
    expect(new Set(tokens).size).toBe(500);
    expect(tokens.every((token) => /^soul_[0-9A-Za-z]{49}$/.test(token))).toBe(true);
    expect(tokens.every((token) => isForPrograms(token) && isWellFormed(token))).toBe(true);
  });

  it('has a checksum that scanners can make too: the CRC-32 of what stands before it, in base 62', () => {
    expect(isWellFormed(`soul_${'0'.repeat(43)}${CHECKSUM_OF_ZEROS}`)).toBe(true);
  });

  it.each([
    ['another character', (token: string) => token.slice(0, 20) + (token[20] === 'x' ? 'y' : 'x') + token.slice(21)],
    ['two exchanged characters', () => `soul_01${'0'.repeat(41)}${CHECKSUM_OF_ZEROS}`],
    ['a character more', (token: string) => `${token}0`],
    ['a character less', (token: string) => token.slice(0, -1)],
    ['a line behind it', (token: string) => `${token}\n`],
    ['nothing but its beginning', () => 'soul_'],
  ])('is none any more with %s', (_, change) => {
    expect(isWellFormed(change(newToken()))).toBe(false);
  });

  it('is stored as its SHA-256', () => {
    expect(tokenHash('soul_abc').toString('hex')).toBe(
      '4bcca0c68cdd7f7c3b4788e8ff323f7e29b7590cae66a774c28e53f2520c936f',
    );
  });
});
