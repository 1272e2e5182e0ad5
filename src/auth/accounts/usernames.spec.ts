import { newUsername, usernameKey } from './usernames.js';

describe('The name of an account', () => {
  it.each(['mira', 'Иван', '山田 太郎', 'أحمد', 'नीलम', '한국', 'می‌خواهم', 'a', '7', 'o’neil-smith', 'x'.repeat(64)])(
    'may be %s',
    (name) => expect(newUsername.safeParse(name).success).toBe(true),
  );

  it.each([
    ['nothing', ''],
    ['blanks', '   '],
    ['nothing that is seen', '\u200b\u200d'],
    ['no letter and no digit', '!?…'],
    ['too much', 'x'.repeat(65)],
    ['NUL', 'a\0b'],
    ['a line break', 'a\nb'],
    ['half a character', 'a\ud800'],
    ['writing that is turned around', 'a\u202eb'],
  ])('cannot be %s', (_, name) => expect(newUsername.safeParse(name).success).toBe(false));

  it.each([
    ['Mira', 'mira'],
    ['ＭＩＲＡ', 'mira'],
    ['Straße', 'STRASSE'],
    ['ΣΊΣΥΦΟΣ', 'σίσυφος'],
    ['é', 'e\u0301'],
    ['İstanbul', 'i\u0307stanbul'],
    ['mi\u200bra', 'mira'],
    ['mi  ra ', 'mi ra'],
  ])('%s is the same as %s', (one, other) => expect(usernameKey(one)).toBe(usernameKey(other)));

  it('has a key that is its own key', () => {
    for (const name of ['Straße', 'İ', 'ŉ', 'ΑΣ', 'ﬃ', 'Ⅷ', '①', 'ẞ']) {
      expect(usernameKey(usernameKey(name))).toBe(usernameKey(name));
    }
  });
});
