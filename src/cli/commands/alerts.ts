import os from 'node:os';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { AlertsReply, NotificationReply, SilenceReply } from '../../alerts/routes.js';
import { INCIDENT_KINDS, SEVERITIES } from '../../model/incident.js';
import { defined } from '../../platform/defined.js';
import { DeadairError } from '../../platform/errors.js';
import { agoWords, durationWords } from '../../wording/duration.js';
import { type ClientOptions, createClient, withClientOptions } from '../client.js';
import { colors as pc } from '../colors.js';
import { print, printJson } from '../output.js';

interface Options extends ClientOptions {
  json?: boolean;
}

interface SilenceOptions extends Options {
  agent?: string[];
  kind?: string[];
  run?: string[];
  severity?: string;
  for?: string;
  until?: string;
  comment?: string;
}

export function registerAlerts(program: Command): void {
  const alerts = program.command('alerts').description('notifications: what was sent, tests, silences');

  withClientOptions(
    alerts.command('list').description('the newest notifications and how the channels are doing'),
  )
    .option('--limit <count>', 'so many notifications', count, 20)
    .action(async (options: Options & { limit: number }) => {
      const reply = await createClient(options).get<AlertsReply>('/v1/alerts', { limit: options.limit });
      if (options.json) printJson(reply);
      else print(overview(reply, Date.now()));
    });

  withClientOptions(
    alerts
      .command('test')
      .description('send a test message through a channel of the settings')
      .argument('<channel>', 'its name'),
  ).action(async (channel: string, options: Options) => {
    const reply = await createClient(options).post<{ channel: string; kind: string; milliseconds: number }>(
      '/v1/alerts/test',
      { channel },
    );
    if (options.json) printJson(reply);
    else
      print(
        `${pc.green('✓')} ${reply.channel} (${reply.kind}) took the test message after ${durationWords(reply.milliseconds)}.`,
      );
  });

  withClientOptions(
    alerts
      .command('silence')
      .description('hold alerts that match; what is still open when it ends is told then')
      .option('--agent <names...>', 'agents, with * and ?; an incident is held when all its agents match')
      .addOption(new Option('--kind <kinds...>', 'kinds of incidents').choices(INCIDENT_KINDS))
      .option('--run <names...>', 'runs, with * and ?')
      .addOption(new Option('--severity <level>', 'at least so severe').choices(SEVERITIES))
      .option('--for <duration>', 'how long: 30m, 2h, 1d')
      .option('--until <time>', 'until when: 2026-03-01T22:00:00Z')
      .option('--comment <text>', 'why, for the others'),
  ).action(async (options: SilenceOptions) => {
    if ((options.for === undefined) === (options.until === undefined))
      throw new DeadairError(
        'usage.invalid',
        'Say how long with --for 2h, or until when with --until TIME.',
        {
          subject: '--for',
        },
      );
    const silence = await createClient(options).post<SilenceReply>('/v1/alerts/silences', {
      match: {
        ...defined({ agents: options.agent, kinds: options.kind, runs: options.run }),
        ...(options.severity ? { severity: options.severity } : {}),
      },
      ...(options.for === undefined ? { until: options.until } : { minutes: await minutes(options.for) }),
      comment: options.comment ?? '',
      by: os.userInfo().username,
    });
    if (options.json) printJson(silence);
    else
      print(
        `Silent until ${silence.until}: ${matchWords(silence)}. End it with: deadair alerts unsilence ${silence.id}`,
      );
  });

  withClientOptions(alerts.command('silences').description('silences in force'))
    .option('--all', 'also those that are over')
    .action(async (options: Options & { all?: boolean }) => {
      const reply = await createClient(options).get<{ silences: SilenceReply[] }>('/v1/alerts/silences', {
        all: options.all,
      });
      if (options.json) printJson(reply);
      else print(silenceLines(reply.silences).join('\n') || 'No silence is in force.');
    });

  withClientOptions(
    alerts
      .command('unsilence')
      .description('end a silence now')
      .argument('<id>', 'as `deadair alerts silences` shows it'),
  ).action(async (id: string, options: Options) => {
    const silence = await createClient(options).delete<SilenceReply>(
      `/v1/alerts/silences/${encodeURIComponent(id)}`,
    );
    if (options.json) printJson(silence);
    else print(`Ended the silence for ${matchWords(silence)}; what it held and is still open is told now.`);
  });
}

function overview(reply: AlertsReply, now: number): string {
  const lines = reply.notifications.map(one => notificationLine(one, now));
  if (lines.length === 0) lines.push('No notification yet.');
  lines.push('', pc.bold('Channels'));
  for (const channel of reply.channels) {
    const state = channel.lastError
      ? pc.red(`failing: ${channel.lastError}`)
      : channel.lastDeliveredAt
        ? pc.green(`last delivered ${agoWords(now - Date.parse(channel.lastDeliveredAt))}`)
        : 'nothing sent since the start';
    const waiting = channel.waiting > 0 ? pc.yellow(`, ${channel.waiting} waiting`) : '';
    lines.push(`  ${channel.name.padEnd(16)} ${channel.kind.padEnd(13)} ${state}${waiting}`);
  }
  if (reply.silences.length > 0)
    lines.push('', pc.bold('Silences'), ...silenceLines(reply.silences).map(line => `  ${line}`));
  return lines.join('\n');
}

function notificationLine(one: NotificationReply, now: number): string {
  const mark = {
    delivered: pc.green('✓'),
    pending: pc.yellow('…'),
    'gave-up': pc.red('✗'),
    dropped: pc.dim('–'),
  }[one.status];
  const why =
    one.status === 'delivered'
      ? ''
      : pc.dim(` (${one.status}, ${one.attempts} attempts${one.lastError ? `: ${one.lastError}` : ''})`);
  return `${mark} ${agoWords(now - Date.parse(one.createdAt)).padEnd(18)} ${one.channel.padEnd(12)} ${one.title}${why}`;
}

function silenceLines(silences: SilenceReply[]): string[] {
  return silences.map(
    one =>
      `${one.id}  until ${one.until}  ${matchWords(one)}  by ${one.by}${one.comment ? `: ${one.comment}` : ''}`,
  );
}

function matchWords(silence: SilenceReply): string {
  const parts = Object.entries(silence.match).map(([name, value]) => `${name} ${[value].flat().join(', ')}`);
  return parts.join('; ') || 'everything';
}

async function minutes(text: string): Promise<number> {
  const { Duration } = await import('../../platform/units.js');
  const parsed = Duration.safeParse(text);
  if (parsed.success) return parsed.data / 60_000;
  throw new DeadairError('usage.invalid', `${parsed.error.issues[0]!.message}.`, { subject: '--for' });
}

function count(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 1000)
    throw new InvalidArgumentError('It must be 1 to 1000.');
  return value;
}
