import { parseConfig } from '../../src/config/config.js';
import { openDataSource } from '../../src/database/data-source.js';
import { copyPrepared } from './prepared-folder.js';

/** Puts the embedded database with its schema into a data folder, where the first start would take seconds to make it. */
export function copyEmbeddedDatabase(dataDir: string): Promise<void> {
  return copyPrepared('embedded', prepare, dataDir);
}

async function prepare(folder: string): Promise<void> {
  await (await openDataSource(parseConfig({ DATA_DIR: folder }), [])).destroy();
}
