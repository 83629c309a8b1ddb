import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import type { Command } from 'commander';
import { DeadairError } from '../../platform/errors.js';
import { plural } from '../../wording/amount.js';
import { type ClientOptions, withClientOptions } from '../client.js';
import { print, printJson } from '../output.js';
import { fetchCapsule } from './export.js';

interface RecordOptions extends ClientOptions {
  output?: string;
  from?: string;
  to?: string;
  last?: string;
  agent?: string[];
  json?: boolean;
}

/** `deadair record [RUN]`: a run as a folder that `deadair replay` plays: logs, and what arrived and was witnessed when. */
export function registerRecord(program: Command): void {
  withClientOptions(
    program
      .command('record')
      .summary('keep a run as a folder that replays: logs, arrivals, heartbeats, probes')
      .description(
        'Writes a run, or a time span, into a folder: the logs as they are, and arrivals.jsonl with what of them arrived when and ' +
          'what heartbeats and probes said meanwhile. `deadair replay FOLDER` judges it again, as it happened.',
      )
      .argument('[run]', 'id, name, latest or name~1 (default: the newest)'),
  )
    .option('-o, --output <folder>', 'the folder; it must be empty or not there yet (default: recorded-run)')
    .option('--last <span>', 'no run, but the last so long, such as 15m, 2h, 1d')
    .option('--from <time>', 'no run, but from this time on; as in search')
    .option('--to <time>', 'until this time')
    .option('--agent <id...>', 'only these agents')
    .option('--json', 'print the result as JSON, for programs')
    .addHelpText(
      'after',
      `
Examples:
  deadair record -o runs/cable-pulled           the newest run
  deadair record --last 10m -o runs/tonight
  deadair replay runs/cable-pulled
`,
    )
    .action(record);
}

async function record(run: string | undefined, options: RecordOptions): Promise<void> {
  if (options.last !== undefined && options.from !== undefined)
    throw new DeadairError('usage.invalid', 'Give --last or --from, not both.', { subject: '--last' });
  const folder = path.resolve(options.output ?? 'recorded-run');
  mkdirSync(folder, { recursive: true });
  if (readdirSync(folder).length > 0)
    throw new DeadairError('usage.invalid', `${folder} is not empty; name another folder.`, {
      subject: '--output',
    });
  const temporary = mkdtempSync(path.join(os.tmpdir(), 'deadair-record-'));
  const capsule = path.join(temporary, 'run');
  try {
    const wish = { run, from: options.from ?? options.last, to: options.to, agents: options.agent };
    await fetchCapsule(capsule, wish, options);
    const result = { folder, ...(await unpack(capsule, folder)) };
    if (options.json) printJson(result);
    else
      print(
        `Wrote ${plural(result.logs, 'log')} and ${result.moments} moments to ${folder}\nReplay it: deadair replay ${folder}\n`,
      );
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

/** Entry names are checked by the reader: nothing leaves the folder. */
async function unpack(capsule: string, folder: string): Promise<{ logs: number; moments: number }> {
  const { capsuleEntries, openCapsule } = await import('../../capsule/open.js');
  await openCapsule(capsule);
  mkdirSync(path.join(folder, 'logs'), { recursive: true });
  let logs = 0;
  let moments = 0;
  for await (const { name, size, body } of capsuleEntries(capsule)) {
    const isLog = name.startsWith('logs/');
    if (!isLog && name !== 'arrivals.jsonl' && name !== 'capsule.json') continue;
    const bytes = Buffer.from(await body.exactly(size));
    writeFileSync(path.join(folder, name), bytes);
    if (isLog) logs++;
    if (name === 'arrivals.jsonl') moments = bytes.filter(byte => byte === 10).length;
  }
  return { logs, moments };
}
