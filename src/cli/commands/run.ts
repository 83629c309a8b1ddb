import type { Command } from 'commander';
import { runProgram } from '../../../collectors/run/runner.js';
import { SystemClock } from '../../platform/clock.js';
import { printable } from '../../platform/printable.js';

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
      },
    );
}
