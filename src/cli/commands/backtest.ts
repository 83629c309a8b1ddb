import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { type Command, Option } from 'commander';
import type { BacktestReply } from '../../backtest/routes.js';
import type { IncidentReply } from '../../http/incident-reply.js';
import { SIGNAL_CLASSES } from '../../model/vocabulary.js';
import { DeadairError } from '../../platform/errors.js';
import { plural } from '../../wording/amount.js';
import { incidentHeadline } from '../../wording/incident.js';
import { clockTime, type TimeStyle } from '../../wording/time.js';
import { type ClientOptions, createClient, withClientOptions } from '../client.js';
import { colors as pc } from '../colors.js';
import { classText, columns } from '../lines.js';
import { print, printJson } from '../output.js';
import { whileWaiting } from '../progress.js';

interface Options extends ClientOptions {
  run?: string;
  since?: string;
  to?: string;
  class: string;
  utc?: boolean;
  json?: boolean;
  limit: string;
}

/** `deadair rules backtest RULE`: what a rule would have done to lines that are stored. */
export function registerBacktest(rules: Command): void {
  withClientOptions(
    rules
      .command('backtest')
      .summary(
        'what a rule would have marked in stored lines, and which incidents and alerts would have followed',
      )
      .description(
        'Judges stored lines with a rule and without it. Nothing is stored or sent. Only lines count: heartbeats and probes are not stored.',
      )
      .argument('<rule>', "PACK/RULE, a PACK, a pack's file, '/pattern/', or a phrase"),
  )
    .option('--run <run>', 'the lines of a run: id, name, latest or name~1')
    .option('--since <time>', 'the lines since: 15m, 16:58, 2026-11-23T16:58, yesterday')
    .option('--to <time>', 'with --since: until')
    .addOption(
      new Option('--class <class>', 'of a pattern or phrase: what it means')
        .choices(SIGNAL_CLASSES)
        .default('disconnect'),
    )
    .option('-n, --limit <count>', 'so many lines', '20')
    .option('--utc', 'times in UTC instead of this terminal’s zone')
    .option('--json', 'print the result as JSON, for programs')
    .addHelpText(
      'after',
      `
Examples:
  deadair rules backtest ./my-rules.yaml --run latest
  deadair rules backtest '/lease .* lost/' --class disconnect --since 1d
  deadair rules backtest sai3-bench/agent-stream-error --run nightly
`,
    )
    .action(async (rule: string, options: Options) => {
      if ((options.run === undefined) === (options.since === undefined))
        throw new DeadairError('usage.invalid', 'Say which lines with --run or with --since, one of them.', {
          subject: '--run',
        });
      const asked = {
        rule: questionOf(rule, options.class),
        run: options.run,
        from: options.since,
        to: options.to,
      };
      const reply = await whileWaiting('looking through the stored lines', options, () =>
        createClient(options).post<BacktestReply>('/v1/rules/backtest', asked),
      );
      if (options.json) printJson(reply);
      else print(backtestText(reply, { utc: options.utc ?? false }, Number(options.limit) || 20));
    });
}

/** What the words on the command line mean. */
function questionOf(rule: string, signal: string): object {
  if (/^\/.+\/i?$/.test(rule) && !existsSync(rule)) return { kind: 'pattern', text: rule, class: signal };
  if (/\.(ya?ml|json)$/i.test(rule)) {
    try {
      return { kind: 'pack', name: path.basename(rule), text: readFileSync(rule, 'utf8') };
    } catch (cause) {
      throw new DeadairError(
        'usage.invalid',
        `The rule pack ${rule} can't be read (${(cause as NodeJS.ErrnoException).code}).`,
        { subject: 'rule', cause },
      );
    }
  }
  if (/^[a-z0-9][a-z0-9-]*(\/[a-z0-9-]+)?$/.test(rule)) return { kind: 'name', name: rule };
  return { kind: 'pattern', text: rule, class: signal };
}

export function backtestText(reply: BacktestReply, times: TimeStyle, limit: number): string {
  const { rules, marks, marked, silenced, silent, added, removed, same, alerts, lines } = reply;
  const name = rules.length === 1 ? rules[0]! : `${rules.length} rules of ${rules[0]!.split('/')[0]}`;
  const parts = [
    `${pc.bold(name)} on ${lines} lines from ${clockTime(Date.parse(reply.from), times)} to ${clockTime(Date.parse(reply.to), times)}`,
  ];
  if (silenced > 0) parts.push(silencedText(silent, silenced, times, limit));
  if (marked === 0 && silenced === 0) parts.push('It marks no line.');
  else if (marked > 0) {
    const rows = columns(
      marks
        .slice(0, limit)
        .map(one => [
          `  ${pc.dim(clockTime(Date.parse(one.at), times))}`,
          one.agent,
          classText(one.class) || one.event || 'none',
          ...(rules.length > 1 ? [one.rule] : []),
          one.text.slice(0, 160),
        ]),
    );
    if (marked > limit) rows.push(pc.dim(`  … and ${marked - Math.min(limit, marks.length)} more`));
    const others = marks.filter(one => one.before !== null).length;
    const known =
      others > 0 ? `; ${others === marked ? '' : `${others} of them `}other rules mark without it, too` : '';
    parts.push(`It marks ${plural(marked, 'line')}${known}:\n${rows.join('\n')}`);
  }
  if (added.length > 0) parts.push(section('Incidents that would have followed', added, times));
  if (removed.length > 0) parts.push(section('Incidents there would not have been with it', removed, times));
  if (alerts.length > 0)
    parts.push(
      `${pc.bold('Alerts')} (before silences, grouping and cool-down)\n${alerts
        .map(
          one =>
            `  ${pc.dim(clockTime(Date.parse(one.at), times))}  ${one.change.padEnd(8)} ${one.headline} → ${one.channels.join(', ') || 'no channel'}`,
        )
        .join('\n')}`,
    );
  parts.push(
    added.length + removed.length === 0
      ? `No incident would have been another: ${same} with it and without it.`
      : `${same} ${same === 1 ? 'incident stays' : 'incidents stay'} as it was.`.replace(
          'incidents stay as it was',
          'incidents stay as they were',
        ),
  );
  return parts.join('\n\n');
}

function section(title: string, incidents: readonly IncidentReply[], times: TimeStyle): string {
  const rows = incidents.map(
    one =>
      `  ${pc.dim(clockTime(Date.parse(one.openedAt), times))}  ${pc.bold(incidentHeadline({ ...one, cause: one.cause ?? 'unknown' }))}\n    ${one.explanation}`,
  );
  return `${pc.bold(title)}\n${rows.join('\n')}`;
}

/** Lines that a veto takes the meaning from. */
function silencedText(
  silent: BacktestReply['silent'],
  silenced: number,
  times: TimeStyle,
  limit: number,
): string {
  const rows = columns(
    silent
      .slice(0, limit)
      .map(one => [
        `  ${pc.dim(clockTime(Date.parse(one.at), times))}`,
        one.agent,
        one.before,
        one.text.slice(0, 160),
      ]),
  );
  if (silenced > limit) rows.push(pc.dim(`  … and ${silenced - Math.min(limit, silent.length)} more`));
  return `${silenced} ${silenced === 1 ? 'line means' : 'lines mean'} nothing with it:\n${rows.join('\n')}`;
}
