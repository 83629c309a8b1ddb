#!/usr/bin/env node
import { withOneArena } from '../platform/one-arena.js';
import { tooFewOpenFiles } from '../platform/open-files.js';

/** Made of run-program.ts and what `deadair collect` loads. */
const COLLECT = './run-program.bundle.js';

const isService = process.argv[2] === 'serve' || process.argv[2] === 'up';
// A hang-up ends no service, from its first moment on; what else it means is heard once the rest is loaded.
if (isService) process.on('SIGHUP', () => {});

const few = tooFewOpenFiles();
if (few !== undefined) {
  // Said with what is loaded already: everything else would fail in the middle of loading.
  process.stderr.write(`deadair: ${few} [limits.open-files]\n`);
  process.exitCode = 1;
} else {
  // What runs the service's threads; other commands are short or have one thread.
  if (isService) withOneArena(process);
  // The collector's program in one file: less memory beside a program under test (scripts/build-collect.mjs).
  const { runProgram }: typeof import('./run-program.js') =
    process.argv[2] === 'collect' ? await import(COLLECT) : await import('./run-program.js');
  await runProgram();
}
