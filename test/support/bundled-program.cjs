const { existsSync } = require('node:fs');
const { readFile } = require('node:fs/promises');
const { dirname, join, resolve } = require('node:path');
const { pathToFileURL } = require('node:url');
const { build, stop } = require('esbuild');

const ROOT = resolve(__dirname, '../..');
const BUILT = join(ROOT, 'dist');
const BUNDLE = join(BUILT, 'bundle');

/** What tests start, and what they import with `runWithBuilt`. */
const BUILT_ENTRIES = [
  'main.js',
  'cli/cli.js',
  'database/embedded-postgres.js',
  'database/folder-lock.js',
  'database/migrate.js',
  'database/migrations/migrations.js',
];
/** Programs of the tests' own on the built product. */
const TEST_ENTRIES = ['test/faults/program.js', 'test/support/token-callers.js'];

/** CommonJS packages in the bundle require Node's own modules with it. */
const REQUIRE = `import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);`;

/** pg looks for it to know where it runs, and without it loads Node's own fetch for that, as on Node 20 only. */
const NAVIGATOR = `globalThis.navigator ??= { userAgent: 'Node.js' };`;

/**
 * Puts what `npm run build` left into few files, together with the packages it uses: a third of the processor time of a
 * start goes into loading the thousands. Only the short forms run on it; with TESTS=full the program runs as it is
 * shipped.
 * @returns the path of the `main.js` in it; undefined where nothing is built
 */
module.exports.bundleProgram = async () => {
  if (!existsSync(join(BUILT, 'main.js'))) return undefined;
  await build({
    absWorkingDir: ROOT,
    entryPoints: [
      ...BUILT_ENTRIES.map((path) => ({ in: join(BUILT, path), out: path.replace(/\.js$/, '') })),
      ...TEST_ENTRIES.map((path) => ({ in: join(ROOT, path), out: path.replace(/\.js$/, '') })),
    ],
    outdir: BUNDLE,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    // TypeORM and Nest go by the names of classes.
    keepNames: true,
    legalComments: 'none',
    logLevel: 'warning',
    plugins: [leaveOutMissing, keepPlaces],
    // Decorators need the first, and bundled files are not run in the order of their imports: each begins with it. The last
    // is a program for the machine.
    external: ['reflect-metadata', 'pg', '@node-rs/argon2'],
    banner: { js: `import 'reflect-metadata';\n${REQUIRE}\n${NAVIGATOR}` },
  });
  await stop();
  return join(BUNDLE, 'main.js');
};

/** Packages that others load where they are installed, and do without, stay missing. */
const leaveOutMissing = {
  name: 'leave out missing packages',
  setup({ onResolve, resolve: find }) {
    onResolve({ filter: /^[^./]/ }, async ({ path, pluginData, ...options }) => {
      if (pluginData === 'asked') return undefined;
      const found = await find(path, { ...options, pluginData: 'asked' });
      return found.errors.length > 0 ? { path, external: true } : found;
    });
  },
};

/** Every module goes on finding the files beside it, and shares what it loads with the others. */
const keepPlaces = {
  name: 'keep places',
  setup({ onLoad }) {
    onLoad({ filter: /\.[cm]?js$/ }, async ({ path }) => {
      const source = await readFile(path, 'utf8');
      const places = { __dirname: dirname(path), __filename: path };
      const used = Object.keys(places).filter(
        (name) => source.includes(name) && !new RegExp(`(const|let|var) ${name}\\b`).test(source),
      );
      const declared = used.map((name) => `var ${name} = ${JSON.stringify(places[name])};`);
      const contents = source
        .replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path).href))
        // ES modules that require others: in the bundle these are the same ones as everybody's.
        .replace(/^const require = createRequire\(.*\);$/m, '')
        // The programs of the tests' own.
        .replace(/\bbuilt\('(.*?)'\)/g, (_, file) => `import(${JSON.stringify(join(BUILT, file))})`);
      return { contents: declared.join(' ') + contents, loader: 'js' };
    });
  },
};
