import type { Command } from 'commander';
import { DeadairError } from '../../platform/errors.js';
import type { EcsLine } from '../../records/ecs.js';
import { createClient, type DeadairClient, type QueryParameters } from '../client.js';
import { type LineOptions, parametersOf, pointed, show, styleOf, withLineOptions } from './search.js';

type TailData = { records?: EcsLine[]; lines?: number; atLeast?: boolean };

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 5000;
/** A service that starts, stops or is busy comes back. */
const LOST = new Set(['remote.failed', 'unavailable', 'busy']);

/** `deadair tail [QUERY]`: lines of all hosts as they come, until Ctrl-C. */
export function registerTail(program: Command): void {
  withLineOptions(
    program
      .command('tail')
      .summary('follow lines of all hosts as they come')
      .description(
        'Follows new lines of all hosts, filtered by a query, until Ctrl-C. Goes on by itself when the service comes back.',
      )
      .argument('[query...]', 'which lines; nothing: all'),
  )
    .addHelpText(
      'after',
      "\nExamples:\n  deadair tail\n  deadair tail class:fault\n  deadair tail 'agent:agent-3 or agent:controller' --level warn\n",
    )
    .action(async (words: string[], options: LineOptions) => {
      await followLines(createClient(options), parametersOf(words, options), options);
    });
}

/** Shows lines until Ctrl-C; after a lost connection it goes on behind the last commit it was told of. */
async function followLines(
  client: DeadairClient,
  parameters: QueryParameters,
  options: LineOptions,
): Promise<void> {
  const style = styleOf(options);
  let after: string | undefined;
  let pause = FIRST_PAUSE_MS;
  let connected = false;
  for (let first = true; ; first = false) {
    try {
      for await (const event of client.events<TailData>('/v1/tail', { ...parameters, after })) {
        if (!connected && !first) process.stderr.write('(the service is back)\n');
        connected = true;
        pause = FIRST_PAUSE_MS;
        after = event.id ?? after;
        if (event.data.records) show(event.data.records, options, style);
        else if (event.data.lines !== undefined) process.stderr.write(skippedText(event.data));
      }
    } catch (thrown) {
      const gone = !(thrown instanceof DeadairError) || LOST.has(thrown.code);
      // Wrong from the start is an error; lost on the way is waited for.
      if (!gone || (first && !connected)) throw pointed(thrown, String(parameters.q));
    }
    if (connected) process.stderr.write('(the service is away; waiting for it)\n');
    connected = false;
    await new Promise(resolve => setTimeout(resolve, pause));
    pause = Math.min(LONGEST_PAUSE_MS, pause * 2);
  }
}

function skippedText({ lines = 0, atLeast }: TailData): string {
  return `(${atLeast ? 'at least ' : ''}${lines} matching lines skipped: this terminal is too slow; search shows them)\n`;
}
