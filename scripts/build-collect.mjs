// Part of the build: `deadair collect` in one file, and what reads its settings in another, each with the libraries it uses. Loading
// 100 modules costs a collector 7 to 12 MB and a third of its start (docs/decisions/0042-the-collector-in-one-file.md). Both stand
// beside the modules they are made of, whose places others refer to; other commands stay where they are.
import path from 'node:path';
import { build } from 'esbuild';

const CLI = path.resolve('dist', 'src', 'cli');
const CONFIG = path.resolve('dist', 'src', 'config');
const OTHER_COMMANDS = path.join(CLI, 'commands');

/** Imported from where it is, as it is of use in few runs or in none. */
const apart = {
  name: 'apart',
  setup(build) {
    build.onResolve({ filter: /\.js$/ }, ({ kind, path: name, resolveDir }) => {
      if (kind !== 'dynamic-import') return undefined;
      const file = path.resolve(resolveDir, name);
      const isOtherCommand = path.dirname(file) === OTHER_COMMANDS && path.basename(file) !== 'collect.js';
      if (!isOtherCommand && file !== path.join(CONFIG, 'load-answer.js')) return undefined;
      const from = path.relative(CLI, file);
      return { path: from.startsWith('.') ? from : `./${from}`, external: true };
    });
  },
};

/** Zod's messages in other languages than English, a third of what reads the settings. */
const inEnglish = {
  name: 'in-english',
  setup(build) {
    build.onLoad({ filter: /[/\\]zod[/\\]v4[/\\]locales[/\\]index\.js$/ }, () => ({
      contents: 'export {};',
    }));
  },
};

for (const [entry, plugins] of [
  [path.join(CLI, 'run-program.js'), [apart]],
  [path.join(CONFIG, 'load-child.js'), [inEnglish]],
])
  await build({
    entryPoints: [entry],
    outfile: entry.replace(/\.js$/, '.bundle.js'),
    bundle: true,
    // Names stay: a stack trace must tell where it was.
    minifyWhitespace: true,
    minifySyntax: true,
    platform: 'node',
    format: 'esm',
    target: 'node20.19',
    plugins,
    // Libraries that are no modules yet ask for Node's own by require.
    banner: { js: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);" },
    logLevel: 'warning',
  });
