import { Spine1764000000000 } from './1764000000000-spine.js';
import { Extraction1764300000000 } from './1764300000000-extraction.js';
import { Cursors1764450000000 } from './1764450000000-cursors.js';

/** All migrations, oldest first; a list, because file globs cannot be loaded everywhere we run. */
export const migrations = [Spine1764000000000, Extraction1764300000000, Cursors1764450000000] as const;
