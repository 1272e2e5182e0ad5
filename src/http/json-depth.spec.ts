import { isDeep } from './json-depth.js';

const nested = (levels: number) => `{"a":${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}}`;

describe('The depth of JSON', () => {
  it.each([
    ['{"name":"Ada","ids":["1","2"]}', false],
    [nested(32), false],
    [nested(33), true],
    ['['.repeat(100_000), true],
    [`[${Array(1_000).fill('[1]').join(',')}]`, false],
    [`{"brackets":"${'['.repeat(100)}"}`, false],
    [`{"brackets":"\\"${'['.repeat(100)}\\\\"}`, false],
    [`{"brackets":"\\\\",${'['.repeat(100)}`, true],
  ])('of %.40s: deep is %s', (json, deep) => {
    expect(isDeep(Buffer.from(json))).toBe(deep);
  });
});
