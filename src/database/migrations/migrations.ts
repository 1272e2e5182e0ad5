import { Spine1764000000000 } from './1764000000000-spine.js';

/** All migrations, oldest first; a list, because file globs cannot be loaded everywhere we run. */
export const migrations = [Spine1764000000000] as const;
