#!/usr/bin/env node
import { tooFewOpenFiles } from '../platform/open-files.js';

const few = tooFewOpenFiles();
if (few !== undefined) {
  // Said with what is loaded already: everything else would fail in the middle of loading.
  process.stderr.write(`deadair: ${few} [limits.open-files]\n`);
  process.exitCode = 1;
} else {
  const { runProgram } = await import('./run-program.js');
  await runProgram();
}
