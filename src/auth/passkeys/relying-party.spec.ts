import { relyingPartyOf } from './relying-party.js';

describe('passkeys', () => {
  it.each([
    ['https://soul.example.org', 'soul.example.org', 'https://soul.example.org'],
    ['https://soul.example.org:8443/soul', 'soul.example.org', 'https://soul.example.org:8443'],
    ['http://localhost:3001', 'localhost', 'http://localhost:3001'],
    ['http://soul.localhost:3001', 'soul.localhost', 'http://soul.localhost:3001'],
  ])('of %s belong to %s', (publicUrl, id, origin) => {
    expect(relyingPartyOf({ publicUrl })).toMatchObject({ id, origin });
  });

  it.each([
    'http://127.0.0.1:3001',
    'https://192.0.2.7',
    'https://[2001:db8::7]:8443',
    'http://soul.example.org',
    'http://notlocalhost',
  ])('cannot be those of %s', (publicUrl) => {
    expect(relyingPartyOf({ publicUrl })).toBeUndefined();
  });
});
