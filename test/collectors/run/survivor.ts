// A process of its own for the hang-up test: runs a program with --survive that waits for a file to appear.
import { runProgram } from '../../../collectors/run/runner.js';
import { SystemClock } from '../../../src/platform/clock.js';

const [log, go] = process.argv.slice(2) as [string, string];
process.exitCode = await runProgram(
  {
    command: ['sh', '-c', `echo ready; while [ ! -e ${go} ]; do sleep 0.05; done; echo done`],
    log,
    survive: true,
  },
  {
    clock: new SystemClock(),
    terminal: process.stdout,
    notice: () => {},
    signals: process,
    terminalSendsInterrupt: false,
  },
);
