const base = {
  status: 'known',
  level: 0.9,
  method: 'test',
  n: 500,
  days: 251,
  confidence: { score: 0.8, level: 'high', u: 0.1 },
  coverage: { from: '2025-11-20', to: '2026-11-19', platforms: ['spotify'], truncated: true },
  explain: { formula: 'Σ of the ten largest fᵢ / n', source: 'Kott 2001', inputs: 'fᵢ: days of artist i' },
  evidence: { kinds: ['spotify.play'], count: 1_200, predicateText: `kind = 'play'`, top: [], page: null },
};

const theme = (label: string, share: number, platforms: readonly string[]) => ({
  key: `theme:${label}`,
  label,
  share,
  interval: [share / 2, share * 1.5],
  sources: Math.round(share * 60),
  platforms,
});

/** What a signature of every shape of claim adds to one of the server's: shapes of the API, with numbers of our own. */
export const EVERY_CLAIM = {
  version: 2,
  archetype: { name: 'Night Explorer', since: 1 },
  uniqueness: {
    'taste.concentration': { status: 'known', percentile: 70, interval: [59, 80], others: 120 },
    'rhythms.night_share': {
      status: 'unknown',
      reason: 'population_too_small',
      have: 12,
      need: 50,
      unit: 'other people',
    },
  },
  rarity: {
    'theme:Electronic music': { status: 'known', kind: 'about', tenths: 3, text: 'about 3 in 10', others: 120 },
    'theme:Astronomy': { status: 'known', kind: 'fewer_than', oneIn: 10, text: 'fewer than 1 in 10', others: 120 },
  },
  narrative: {
    writer: 'rules',
    text: null,
    sentences: [
      { kind: 'statement', text: '47 % of your active hours are after 21:00, since 2025-11-20.', claims: [] },
      { kind: 'invitation', text: '26 more days with plays, and we can say how wide you listen.', claims: [] },
    ],
  },
  facets: {
    'taste.concentration': { ...base, shape: 'number', value: 0.34, interval: [0.3, 0.38], unit: 'share' },
    'rhythms.night_share': { ...base, shape: 'number', value: 0.47, interval: [0.44, 0.5], unit: 'share' },
    'interests.resonance': {
      ...base,
      shape: 'themes',
      interval: null,
      unit: 'resonance, 0 to 1',
      value: {
        themes: [
          theme('Electronic music', 0.4, ['spotify', 'youtube']),
          theme('Rust', 0.2, ['github', 'youtube']),
          theme('Astronomy', 0.06, ['github', 'spotify']),
        ],
      },
    },
    'interests.words@youtube': {
      ...base,
      shape: 'words',
      interval: null,
      unit: 'z',
      value: { words: ['synth', 'modular', 'compiler'].map((word) => ({ word, z: 4, titles: 9, days: 6 })) },
    },
    'change.drift': {
      ...base,
      shape: 'number',
      value: 0.13,
      interval: [0.09, 0.17],
      unit: 'bits beyond chance',
      p: 0.002,
      movers: [
        { key: 'artist:1', label: 'Tindra Pellinsky', z: 6.1 },
        { key: 'artist:2', label: 'Midnight Juniper', z: -4.2 },
      ],
    },
    'connection.reciprocity': { status: 'unknown', reason: 'too_few_items', have: 8, need: 20, unit: 'people' },
  },
  diff: [
    { claim: 'taste.concentration', kind: 'changed', before: 0.22, after: 0.34, z: 3, cause: 'new_data' },
    { claim: 'interests.resonance', kind: 'appeared', cause: 'connection' },
  ],
};
