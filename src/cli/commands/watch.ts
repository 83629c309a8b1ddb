import type { Command } from 'commander';
import type { IncidentReply } from '../../http/incident-reply.js';
import { type ClientOptions, createClient, withClientOptions } from '../client.js';
import { print, printLines } from '../output.js';
import { incidentLine } from './incidents.js';

const PERIOD_MS = 1000;

/** `deadair watch`: on a terminal a live board of lanes, else (and with --lines) incidents as they open and resolve. */
export function registerWatch(program: Command): void {
  withClientOptions(
    program
      .command('watch')
      .summary('the run live: a lane a host and what is open; in a pipe incidents as they open and resolve')
      .description(
        'On a terminal a live board: a lane a host, the open incidents, the newest lines of a host; keys are named at its foot. In a pipe, ' +
          'or with --lines, says every incident that opens or resolves from now on, and first those that are open.',
      ),
  )
    .option('--lines', 'no board: a few lines for each incident that opens or resolves')
    .option('--utc', 'times in UTC instead of this terminal’s zone')
    .option('--json', 'one JSON document a change, for programs')
    .addHelpText(
      'after',
      '\nExamples:\n  deadair watch\n  deadair watch --lines\n  deadair watch --json | jq -r .explanation\n',
    )
    .action(async (options: ClientOptions & { lines?: boolean; utc?: boolean; json?: boolean }) => {
      const client = createClient(options);
      if (process.stdout.isTTY && !options.json && !options.lines) {
        const { liveBoard } = await import('../board/live.js');
        return liveBoard(client, { utc: options.utc ?? false });
      }
      const began = Date.now();
      const told = new Map<string, string>();
      let away = false;
      for (let first = true; ; first = false) {
        try {
          const { incidents } = await client.get<{ incidents: IncidentReply[] }>('/v1/incidents', {
            state: first ? 'open' : 'all',
          });
          if (first && incidents.length === 0 && !options.json)
            print('No open incident. Waiting; Ctrl-C ends this.');
          if (away) process.stderr.write('(the service is back)\n');
          away = false;
          for (const incident of incidents.toReversed()) {
            const state = `${incident.resolvedAt} ${incident.severity} ${incident.subjects.join()}`;
            // What was resolved before this began is history: `deadair incidents` tells it.
            const isOld =
              !told.has(incident.id) &&
              incident.resolvedAt !== null &&
              Date.parse(incident.resolvedAt) < began;
            if (told.get(incident.id) === state || isOld) continue;
            told.set(incident.id, state);
            if (options.json) printLines(JSON.stringify(incident));
            else print(incidentLine(incident, { utc: options.utc ?? false }));
          }
        } catch (thrown) {
          if (first) throw thrown;
          if (!away) process.stderr.write('(the service is away; waiting for it)\n');
          away = true;
        }
        await new Promise(resolve => setTimeout(resolve, PERIOD_MS));
      }
    });
}
