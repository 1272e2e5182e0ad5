import { github } from './github/github.js';
import type { Platform } from './platform.js';
import { spotify } from './spotify/spotify.js';
import { youtube } from './youtube/youtube.js';

/** Every platform that can be connected. Adding one is a folder beside this file and a line here. */
export const platforms: readonly Platform[] = [spotify, github, youtube];

/** The platform of that name, or undefined: names arrive in addresses and old rows. */
export function findPlatform(name: string): Platform | undefined {
  return platforms.find((platform) => platform.name === name);
}
