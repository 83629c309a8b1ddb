import { closeSync, openSync } from 'node:fs';
import { isatty } from 'node:tty';
import type { Command } from 'commander';
import { runProgram } from '../../../collectors/run/runner.js';
import { SystemClock } from '../../platform/clock.js';
import { printable } from '../../platform/printable.js';

/**
 * Other commands end with the pipe that reads them (main.ts); this one goes on, as tee doesn't, when its reader closes
 * (`| head -1`: EPIPE) or its terminal is gone (sshd: EIO): the log is what it is for.
 */
function outliveTerminal(): () => void {
  const terminals = [0, 1, 2].filter(descriptor => isatty(descriptor));
  process.stdout.removeAllListeners('error');
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});
  // At its end Node sets the terminal's modes back, and aborts where that fails: a terminal that is gone is let go of before.
  return () => {
    for (const descriptor of terminals) {
      if (isatty(descriptor)) continue;
      closeSync(descriptor);
      // Takes the lowest number that is free, which is this one.
      openSync('/dev/null', 'r+');
    }
  };
}

/** `deadair run [--log FILE] -- COMMAND…`: in place of `COMMAND 2>&1 | tee FILE`. */
export function registerRun(program: Command): void {
  program
    .command('run')
    .summary('run a program, its output to a log file and the terminal; keeps its exit status')
    .description(
      'Runs a program in place of `COMMAND 2>&1 | tee FILE`: terminal and file get its output as it comes, signals pass\n' +
        'through, the exit status is kept, and start, exit and signal are marked in the log, so that a crash is known at once.',
    )
    .argument('<command...>', 'the program and its arguments, after --')
    .option('--log <file>', 'append the output to this file (made if missing)')
    .option('--truncate', 'empty the file first, as tee without -a does')
    .option('--run <name>', 'mark the start and end of a run of this name')
    .option('--survive', 'go on when the terminal or the ssh session ends')
    .option('--no-marks', "leave out Deadair's own lines in the log")
    .addHelpText(
      'after',
      '\nExample:\n  deadair run --log /home/ubuntu/sai3-logs/agent-1.log -- sai3bench-agent --listen 0.0.0.0:7761 -v\n',
    )
    .passThroughOptions()
    .action(
      async (
        command: string[],
        options: { log?: string; truncate?: boolean; run?: string; survive?: boolean; marks: boolean },
      ) => {
        const leaveTerminal = outliveTerminal();
        process.exitCode = await runProgram(
          { ...options, command },
          {
            clock: new SystemClock(),
            terminal: process.stdout,
            notice: message => {
              process.stderr.write(`deadair run: ${printable(message)}\n`, () => {});
            },
            signals: process,
            terminalSendsInterrupt: process.stdin.isTTY === true,
          },
        );
        leaveTerminal();
      },
    );
}
