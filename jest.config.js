import { readFileSync } from 'node:fs';

/**
 * Jest runs in its ordinary CommonJS mode: Nest 12 is ESM, and packages that `require` it cannot be loaded in Jest's
 * ESM mode on Node 20. SWC turns our sources and the ESM packages below into CommonJS for the tests only.
 */
const { jsc } = JSON.parse(readFileSync(new URL('swc.json', import.meta.url), 'utf8'));
const swc = { jsc, module: { type: 'commonjs' } };

export default {
  testEnvironment: 'node',
  /** Suites that only `npm run test:all` runs. */
  testPathIgnorePatterns: ['/node_modules/', ...(process.env['TESTS'] === 'full' ? [] : ['\\.long-'])],
  testMatch: ['<rootDir>/src/**/*.spec.ts', '<rootDir>/test/**/*-spec.ts'],
  transform: { '^.+\\.(ts|js|mjs)$': ['@swc/jest', swc] },
  moduleNameMapper: { '^(\\.{1,2}/.*)\\.js$': ['$1', '$1.js'] },
  transformIgnorePatterns: [
    '/node_modules/(?!(@nestjs|@modelcontextprotocol|openid-client|oauth4webapi|jose|file-type|strtok3|token-types|uint8array-extras|@tokenizer|@borewit|iterare|es-toolkit|stream-json|stream-chain)/)',
  ],
  globalSetup: '<rootDir>/test/support/shared-servers.cjs',
  globalTeardown: '<rootDir>/test/support/shared-servers-end.cjs',
  testSequencer: '<rootDir>/test/support/longest-first.cjs',
  reporters: ['default', '<rootDir>/test/support/time-reporter.cjs'],
  testTimeout: 300_000,
  maxWorkers: 7,
  /** In a suite's sandbox each look at a global takes longer than most calls of it. */
  sandboxInjectedGlobals: ['Math', 'Object', 'Array', 'Number', 'JSON'],
};
