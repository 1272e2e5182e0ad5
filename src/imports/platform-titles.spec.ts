import { platformTitle } from '../platforms/platform-titles.js';
import { platforms } from '../platforms/registry.js';
import { FORMATS } from './formats.js';

describe('The titles of platforms', () => {
  it('are those of the platforms that can be connected', () => {
    for (const { name, title } of platforms) expect(platformTitle(name)).toBe(title);
  });

  it('know every platform of which there are archives', () => {
    for (const { platform } of FORMATS) expect(platformTitle(platform)).not.toBe(platform);
  });
});
