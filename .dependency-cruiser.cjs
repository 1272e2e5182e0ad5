/** Arrows run one way; see the picture in the README. Each layer may import itself and what stands below it. */
const LAYERS = [
  'config',
  'database',
  'http',
  'auth',
  'realtime',
  'queues',
  'connectors',
  'extraction',
  'imports',
  'soul-signature',
  'mcp',
  'account',
];

const upward = LAYERS.map((layer, index) => ({
  name: `${layer}-imports-only-downward`,
  severity: 'error',
  from: { path: `^src/${layer}/` },
  to: { path: `^src/(${[...LAYERS.slice(index + 1), 'sandbox', 'logging'].join('|')})/|^src/[^/]+\\.ts$` },
}));

module.exports = {
  forbidden: [
    ...upward,
    {
      name: 'no-circles',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'a-platform-knows-no-queue-database-or-framework',
      severity: 'error',
      from: { path: '^src/platforms/' },
      to: { path: '^src/(?!platforms/)|node_modules/(@nestjs|bull|typeorm|pg)/' },
    },
    {
      name: 'a-queue-knows-no-feature',
      severity: 'error',
      from: { path: '^src/queues/' },
      to: { path: '^src/(platforms|realtime)/' },
    },
    {
      name: 'a-format-knows-no-queue-database-or-framework',
      severity: 'error',
      from: { path: '^src/imports/formats/' },
      to: { path: '^src/(?!imports|platforms/)|node_modules/(@nestjs|bull|typeorm|pg)/' },
    },
    {
      name: 'events-know-no-platform',
      severity: 'error',
      from: { path: '^src/realtime/' },
      to: { path: '^src/platforms/' },
    },
    {
      name: 'the-arithmetic-is-pure',
      severity: 'error',
      from: { path: '^src/soul-signature/(document|facets|facts|estimators|build-signature)' },
      to: {
        path: '^src/(config|database|http|auth|queues|realtime|connectors|extraction)/|node_modules/(@nestjs|typeorm|pg|undici)/',
      },
    },
    {
      name: 'the-arithmetic-reads-nothing',
      severity: 'error',
      from: { path: '^src/soul-signature/(facets|facts|estimators)/', pathNot: '\\.spec\\.ts$' },
      to: { path: '^src/soul-signature/(portrait/|statistics/(?!statistics\\.ts|kinds\\.ts))' },
    },
    {
      name: 'the-document-is-types',
      severity: 'error',
      from: { path: '^src/soul-signature/document/' },
      to: { path: '^src/soul-signature/(?!document/)' },
    },
    {
      name: 'the-sandbox-shares-no-code',
      severity: 'error',
      from: { path: '^src/sandbox/' },
      to: { path: '^src/(?!sandbox/)' },
    },
    {
      name: 'nothing-but-the-start-knows-the-sandbox',
      severity: 'error',
      from: { path: '^src/(?!sandbox/|start\\.ts)' },
      to: { path: '^src/sandbox/' },
    },
    {
      name: 'only-the-configuration-reads-the-environment',
      severity: 'error',
      from: { path: '^src/(?!config/)' },
      to: { path: 'node_modules/@nestjs/config/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default'],
      extensions: ['.ts', '.js'],
    },
  },
};
