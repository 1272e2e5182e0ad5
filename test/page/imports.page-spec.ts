import { Jobs } from '../../public/js/jobs.js';
import { setTellers, tellerWords } from '../../public/js/tellers.js';

const CONNECTION = 'connection';

describe('who told an item, in words', () => {
  beforeAll(() => {
    setTellers({
      titleOf: (platform) => (platform === 'lastfm' ? 'Last.fm' : 'Spotify'),
      broughtAt: new Map([
        ['one', '2026-03-03T12:00:00Z'],
        ['two', '2026-04-01T12:00:00Z'],
      ]),
    });
  });

  it.each([
    ['nothing where the connected platform alone told it', ['connection'], [], null],
    ['an archive by its day', ['one'], [], 'your Spotify archive of 3 March 2026'],
    ['the platform before the archive', ['one', CONNECTION], [], 'Spotify and your archive of 3 March 2026'],
    [
      'a witness, with its platform where that is another one',
      ['one'],
      [
        { platform: 'spotify', sources: [CONNECTION] },
        { platform: 'lastfm', sources: ['two'] },
      ],
      'Spotify, your archive of 3 March 2026, and your Last.fm archive of 1 April 2026',
    ],
    ['an archive that is not listed any more', ['gone'], [], 'an earlier Spotify archive of yours'],
  ])('names %s', (_what, sources, witnesses, words) => {
    expect(tellerWords({ platform: 'spotify', sources, witnesses })).toBe(words);
  });
});

describe('an import among the jobs', () => {
  const of = { jobId: 'job', importId: 'import' };

  it('is followed by its events, with the bytes of its progress', () => {
    const jobs = new Jobs();
    jobs.apply({ type: 'import_queued', seq: 1, ...of });
    expect(jobs.withId('job')).toMatchObject({ state: 'waiting' });
    jobs.apply({
      type: 'import_progress',
      transient: true,
      progress: 40,
      bytes: 4,
      of: 10,
      items: 7,
      step: 'x',
      ...of,
    });
    expect(jobs.withId('job')).toMatchObject({ state: 'active', progress: 40, bytes: 4, of: 10, items: 7 });
    jobs.apply({ type: 'import_completed', seq: 2, receipt: { accepted: 9, merged: 0 }, ...of });
    expect(jobs.withId('job')).toMatchObject({ state: 'completed', progress: 100, items: 9 });
  });

  it('is no extraction, and its deletion is no news of it', () => {
    const jobs = new Jobs();
    jobs.reset([
      { id: 'job', name: 'import-archive', platform: null, state: 'active', progress: 3, createdAt: '2026' },
    ]);
    expect(jobs.ofPlatform('spotify')).toBeNull();
    expect(jobs.apply({ type: 'import_deleted', seq: 3, jobId: 'other', importId: 'import' })).toBeNull();
  });
});
