import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { Argument, type Command } from 'commander';
import type { BacktestReply } from '../../backtest/routes.js';
import { SIGNAL_CLASSES, type SignalClass } from '../../model/vocabulary.js';
import { DeadairError } from '../../platform/errors.js';
import type { EcsLine } from '../../records/ecs.js';
import { type ClientOptions, createClient, type DeadairClient, withClientOptions } from '../client.js';
import { colors as pc } from '../colors.js';
import { print, printJson } from '../output.js';
import { ownPacks } from '../packs.js';
import { backtestText } from './backtest.js';

interface LabelOptions extends ClientOptions {
  everywhere?: boolean;
  keep?: string | true;
  since: string;
  utc?: boolean;
  json?: boolean;
}

/** `deadair label ID CLASS`: a line that was judged wrongly becomes a rule of the site's own pack. */
export function registerLabel(program: Command): void {
  withClientOptions(
    program
      .command('label')
      .summary('say what a line means: it becomes a rule of your own, tried on stored lines first')
      .description(
        'Makes a rule of a line that was judged wrongly: what varies (numbers, addresses, names) becomes a placeholder. Shows the rule and what it would have changed; keeps it only with --keep.',
      )
      .argument('<id>', 'SOURCE:OFFSET, event.id of `search --json`')
      .addArgument(new Argument('<class>', 'what it means').choices(SIGNAL_CLASSES)),
  )
    .option('--everywhere', 'for the lines of every program, not only of the one that wrote this line')
    .option(
      '--keep [file]',
      'judge with it from now on: the service keeps it; with a file, add it to that pack (made if it is not there) instead, to be named under detect.packs',
    )
    .option('--since <time>', 'try it on the lines since: 15m, 16:58, yesterday', '1d')
    .option('--utc', 'times in UTC instead of this terminal’s zone')
    .option('--json', 'print the rule and its effect as JSON, for programs')
    .addHelpText(
      'after',
      `
Examples:
  deadair label 01J9ZK4C8W6E3T2R5Y7N9M1PQA:4711 none
  deadair label 01J9ZK4C8W6E3T2R5Y7N9M1PQA:4711 timeout --everywhere --keep
  deadair label 01J9ZK4C8W6E3T2R5Y7N9M1PQA:4711 timeout --keep site-rules.yaml
`,
    )
    .action(async (id: string, label: SignalClass, options: LabelOptions) => {
      const client = createClient(options);
      if (typeof options.keep !== 'string') return teach(client, id, label, options);
      const page = await client.get<{ records: EcsLine[]; at: number }>('/v1/context', {
        id,
        before: '0',
        after: '0',
      });
      const line = page.records[page.at]!;
      const [{ learn }, { loadPacks, parsePack }] = await Promise.all([
        import('../../backtest/learn.js'),
        import('../../detect/load.js'),
      ]);
      const existing = existsSync(options.keep)
        ? parsePack(readFileSync(options.keep, 'utf8'), options.keep)
        : undefined;
      const taught = learn(
        {
          message: line.message,
          path: line.log.file.path,
          agent: line.agent.id,
          label,
          everywhere: options.everywhere ?? false,
        },
        loadPacks(await ownPacks()),
        existing,
      );
      const reply = await client.post<BacktestReply>('/v1/rules/backtest', {
        rule: { kind: 'pack', name: `${taught.pack.pack}.yaml`, text: taught.text },
        from: options.since,
      });
      keep(options.keep, taught.text);
      if (options.json) printJson({ ...taught, kept: options.keep, effect: reply });
      else print(labelText(taught, reply, options, options.keep));
    });
}

/** Shows what the service would make of it, and has it kept there where that is asked. */
async function teach(
  client: DeadairClient,
  id: string,
  label: SignalClass,
  options: LabelOptions,
): Promise<void> {
  const body = { id, class: label, everywhere: options.everywhere ?? false };
  const made = await client.post<LabelReply>('/v1/lines/label', { ...body, from: options.since });
  const kept =
    options.keep === true
      ? await client.post<{ file: string; rule: string }>('/v1/lines/label/keep', body)
      : undefined;
  if (options.json) printJson({ ...made, kept: kept?.file ?? null });
  else print(labelText(made, made.effect, options, kept?.file));
}

interface LabelReply {
  rule: string;
  program: string | null;
  text: string;
  effect: BacktestReply;
}

function keep(file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch (cause) {
    throw new DeadairError(
      'config.unreadable',
      `The rule pack ${file} can't be written: ${(cause as Error).message}`,
      {
        subject: file,
        cause,
      },
    );
  }
}

function labelText(
  { text, rule, program }: { text: string; rule: string; program?: string | null | undefined },
  reply: BacktestReply,
  { keep: asked, utc }: LabelOptions,
  file: string | undefined,
): string {
  const whose = program === undefined || program === null ? 'every program’s lines' : `lines of ${program}`;
  return [
    `${pc.bold(rule)} for ${whose}`,
    text.trimEnd(),
    backtestText(reply, { utc: utc ?? false }, 10),
    file === undefined
      ? 'Nothing is kept yet: say --keep to judge with it from now on.'
      : asked === true
        ? `The service keeps it in ${file} and judges the lines that come with it.`
        : `Kept in ${file}. The service judges with it once the file is named under detect.packs and it was started anew.`,
  ].join('\n\n');
}
