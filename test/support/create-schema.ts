/**
 * Creates the tables in the database that this environment names. Loads the product only now: most suites find the
 * schema prepared, and loading takes longer than what they do with it.
 */
export async function createSchema(environment: Readonly<Record<string, string>>): Promise<void> {
  const { parseConfig } = await import('../../src/config/config.js');
  const { openDataSource } = await import('../../src/database/data-source.js');
  const dataSource = await openDataSource(parseConfig(environment), []);
  await dataSource.destroy();
}
