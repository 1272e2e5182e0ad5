import { copyFolder, prepared } from './prepared-folder.js';
import { createSchema } from './create-schema.js';

/** Puts the embedded database with its schema into a data folder, where the first start would take seconds to make it. */
export async function copyEmbeddedDatabase(dataDir: string): Promise<void> {
  copyFolder(await prepareEmbeddedDatabase(), dataDir);
}

/** Makes it, where it has not been made; returns its folder. */
export function prepareEmbeddedDatabase(): Promise<string> {
  return prepared('embedded', (folder) => createSchema({ DATA_DIR: folder }));
}
