import type { Command } from 'commander';
import { DeadairError } from '../../platform/errors.js';
import type { EcsLine } from '../../records/ecs.js';
import { createClient, type DeadairClient, type QueryParameters } from '../client.js';
import type { LineStyle } from '../lines.js';
import { areFiles, followFiles } from '../local-tail.js';
import { type LineOptions, parametersOf, pointed, show, styleOf, withLineOptions } from './search.js';

type TailData = { records?: EcsLine[]; lines?: number; atLeast?: boolean };

type TailOptions = LineOptions & { lines: string };

/** A page of the API; who wants more searches. */
const MOST_BACKLOG = 1000;
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
        'Follows new lines of all hosts, filtered by a query, until Ctrl-C. Goes on by itself when the service comes back. ' +
          'Given files that are here, follows those without any service.',
      )
      .argument('[query or files...]', 'which lines, nothing: all; or files of this host'),
  )
    .option('-n, --lines <count>', 'so many lines that are there already, first', '0')
    .option('--from <time>', 'what is there already from this time on: 15m, 16:58, run')
    .addHelpText(
      'after',
      "\nExamples:\n  deadair tail\n  deadair tail class:fault\n  deadair tail 'agent:agent-3 or agent:controller' --level warn\n  deadair tail -n 20 --agent agent-3\n  deadair tail ./agent-1.log ./controller.log -n 10\n",
    )
    .action(async (words: string[], options: TailOptions) => {
      const backlog = Number(options.lines);
      if (!Number.isInteger(backlog) || backlog < 0 || backlog > MOST_BACKLOG)
        throw new DeadairError('usage.invalid', `-n takes a whole number from 0 to ${MOST_BACKLOG}.`, {
          subject: '-n',
        });
      const files = areFiles(words);
      const style = styleOf(options, files ? [] : words);
      if (files) {
        await followFiles(words, backlog, lines => show(lines, options, style));
        return;
      }
      const client = createClient(options);
      const { from, ...parameters } = parametersOf(words, options);
      if (backlog > 0 || from !== undefined)
        await showBacklog(client, { ...parameters, from }, backlog, options, style);
      await followLines(client, parameters, options, style);
    });
}

/** What is there already, oldest first: the last so many, or all from a time on as far as a terminal is for. */
async function showBacklog(
  client: DeadairClient,
  parameters: QueryParameters,
  backlog: number,
  options: LineOptions,
  style: LineStyle,
): Promise<void> {
  const limit = backlog === 0 ? MOST_BACKLOG : backlog;
  const { records } = await client
    .get<{ records: EcsLine[] }>('/v1/search', { ...parameters, order: 'newest', limit })
    .catch(thrown => {
      throw pointed(thrown, String(parameters.q));
    });
  show(records.toReversed(), options, style);
}

/** Shows lines until Ctrl-C; after a lost connection it goes on behind the last commit it was told of. */
async function followLines(
  client: DeadairClient,
  parameters: QueryParameters,
  options: LineOptions,
  style: LineStyle,
): Promise<void> {
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
