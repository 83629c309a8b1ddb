// Runs the compiled tests below the folders of test/ that are named (default: all of the quick ones).
// `node --test FOLDER` means different things in Node 20 and 22, hence the explicit list of files.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';

// Suites that need more than Node, or more time, have their own npm scripts and are not part of `npm test`.
const SUITES = path.join('dist', 'test', 'suites');

function testFiles(folder, wanted = folder) {
  const found = [];
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    const full = path.join(folder, entry.name);
    if (entry.isDirectory()) {
      if (full !== SUITES || wanted.startsWith(SUITES)) found.push(...testFiles(full, wanted));
    } else if (entry.name.endsWith('.test.js')) found.push(full);
  }
  return found.sort();
}

/** Those that try a share of their cases by themselves (test/thorough.ts): with it they are all tried. */
const CASES = '--all-cases';
const triesShare = file => /\bcases\b.*thorough\.js/.test(readFileSync(file, 'utf8'));

const named = process.argv.slice(2).filter(word => !word.startsWith('-'));
const flags = process.argv.slice(2).filter(word => word.startsWith('-') && word !== CASES);
const files = (named.length ? named : ['test']).flatMap(name => {
  const compiled = path.join('dist', name.replace(/\.ts$/, '.js'));
  if (!existsSync(compiled)) {
    console.error(`no such test: ${name} (compiled: ${compiled}); run npm run build first`);
    process.exit(2);
  }
  return compiled.endsWith('.js') ? [compiled] : testFiles(compiled);
});
if (files.length === 0) {
  console.error(`no test files below ${named.join(', ')}`);
  process.exit(2);
}
if (process.argv.includes(CASES)) {
  process.env.DEADAIR_THOROUGH = '1';
  files.push(
    ...testFiles(path.join('dist', 'test')).filter(file => triesShare(file) && !files.includes(file)),
  );
}
const run = spawnSync(
  process.execPath,
  [
    '--enable-source-maps',
    '--test',
    // Node keeps one core free by default, which on a machine with two means one file at a time. One more than there are cores:
    // many a file waits for a process, a disk or a clock.
    `--test-concurrency=${availableParallelism() + 1}`,
    ...flags,
    ...files,
  ],
  {
    stdio: 'inherit',
  },
);
process.exit(run.status ?? 1);
