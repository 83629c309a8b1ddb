#!/usr/bin/env node
import { withOneArena } from '../platform/one-arena.js';
import { tooFewOpenFiles } from '../platform/open-files.js';

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
  const { runProgram } = await import('./run-program.js');
  await runProgram();
}
