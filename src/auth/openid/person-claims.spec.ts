import { displayNameOf, holds, isAllowed } from './person-claims.js';

describe('What a provider tells of a person', () => {
  const admins = { claim: 'groups', value: 'admins' };

  it.each([{ groups: 'admins' }, { groups: ['users', 'admins'] }])('holds a claim in %j', (claims) => {
    expect(holds(claims, admins)).toBe(true);
  });

  it.each([
    {},
    { groups: null },
    { groups: [] },
    { groups: 'admins,users' },
    { groups: ['Admins'] },
    { groups: [['admins']] },
    { groups: { admins: true } },
    { Groups: ['admins'] },
  ])('does not hold it in %j', (claims) => {
    expect(holds(claims, admins)).toBe(false);
  });

  it('holds numbers and yes or no as they are written, and nothing that every object has', () => {
    expect(holds({ staff: true, level: [3] }, { claim: 'staff', value: 'true' })).toBe(true);
    expect(holds({ level: [3] }, { claim: 'level', value: '3' })).toBe(true);
    expect(holds({}, { claim: 'constructor', value: 'function Object() { [native code] }' })).toBe(false);
  });

  it('allows by the domain of a verified address only', () => {
    const allowed = [{ domain: 'example.org' }];
    expect(isAllowed({ email: 'a@EXAMPLE.org', email_verified: true }, allowed)).toBe(true);
    for (const claims of [
      { email: 'a@example.org' },
      { email: 'a@example.org', email_verified: 'true' },
      { email: 'a@example.org@evil.example', email_verified: true },
      { email: '"@example.org"@evil.example', email_verified: true },
      { email: 'example.org', email_verified: true },
      { email: ['a@example.org'], email_verified: true },
      { email_verified: true },
    ]) {
      expect([claims, isAllowed(claims, allowed)]).toEqual([claims, false]);
    }
  });

  it('believes no address that is not verified, whoever asks for it', () => {
    const condition = { claim: 'email', value: 'boss@example.org' };
    expect(holds({ email: 'boss@example.org', email_verified: true }, condition)).toBe(true);
    expect(holds({ email: 'boss@example.org' }, condition)).toBe(false);
    expect(holds({ email: 'boss@example.org', email_verified: false }, condition)).toBe(false);
  });

  it('names them by what can be shown', () => {
    expect(displayNameOf({ name: ' \u0000 ', preferred_username: 'ada' })).toBe('ada');
    expect(displayNameOf({ name: 'Ada\nLovelace\ud800' })).toBe('AdaLovelace');
    expect(displayNameOf({ name: '🦄'.repeat(200) })).toBe('🦄'.repeat(100));
    expect(displayNameOf({ name: 7 })).toBeUndefined();
  });
});
