import { printError } from './output.js';
import { createProgram, exitStatusOf } from './program.js';

/** The command line, from its words to its exit status. */
export async function runProgram(): Promise<void> {
  // `deadair search … | head` closes the pipe early: that is how it is meant to end.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    // The terminal was closed; what runs goes on.
    if (error.code === 'EIO') return;
    printError(error, process.argv.slice(2));
    process.exit(1);
  });
  // Nobody can be told any more: what runs goes on.
  process.stderr.on('error', () => {});
  try {
    const program = await createProgram(process.argv.slice(2));
    await program.parseAsync(process.argv);
  } catch (thrown) {
    printError(thrown, process.argv.slice(2));
    process.exitCode = exitStatusOf(thrown);
  }
}
