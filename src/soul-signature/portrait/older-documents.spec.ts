import { statisticsOf } from '../../../test/support/statistics-of.js';
import { buildSignature } from '../build-signature.js';
import type { SignatureDocument } from '../document/signature.js';
import { completed } from './older-documents.js';

describe('A version that an earlier program stored', () => {
  it('is read with titles and without sources where it was made before there were archives', () => {
    const today = buildSignature(statisticsOf([], ['spotify']), { asOf: new Date('2026-11-20T00:00:00Z'), zone: null });
    const { title, sources, ...rest } = today.coverage['spotify']!;
    const former = { ...today, coverage: { spotify: { ...rest, items: 12 } } } as unknown as SignatureDocument;
    expect([title, sources]).toEqual(['Spotify', []]);
    expect(completed(former).coverage['spotify']).toEqual({ ...rest, items: 12, title: 'Spotify', sources: [] });
    expect(completed(today)).toEqual(today);
  });
});
