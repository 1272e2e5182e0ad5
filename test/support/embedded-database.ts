import { copyPrepared } from './prepared-folder.js';
import { createSchema } from './create-schema.js';

/** Puts the embedded database with its schema into a data folder, where the first start would take seconds to make it. */
export function copyEmbeddedDatabase(dataDir: string): Promise<void> {
  return copyPrepared('embedded', (folder) => createSchema({ DATA_DIR: folder }), dataDir);
}
