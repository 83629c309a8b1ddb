import type { Command } from 'commander';
import { DeadairError } from '../../platform/errors.js';
import { Duration } from '../../platform/units.js';
import type { ClusterProblem } from '../../store/elasticsearch/check.js';
import type { SetupResult } from '../../store/elasticsearch/setup.js';
import { colors as pc } from '../colors.js';
import { print, printJson } from '../output.js';
import { serviceSettings } from './serve.js';

interface ElasticsearchFlags {
  config?: string;
  json?: boolean;
  retention: string;
  shards: string;
  keyFile?: string;
  user?: string;
}

const DAY_MS = 86_400_000;

/** `deadair elasticsearch setup | check`. */
export function registerElasticsearch(program: Command): void {
  const group = program
    .command('elasticsearch')
    .description('prepare an Elasticsearch cluster, and see what is wrong with one');
  const command = (name: string, summary: string, description: string) =>
    group
      .command(name)
      .summary(summary)
      .description(description)
      .option('--config <file>', 'settings; default: DEADAIR_CONFIG, else deadair.yaml of this directory')
      .option('--json', 'print the result as JSON, for programs');
  command(
    'setup',
    'install templates, make the indices, a role and a key',
    "Installs Deadair's index templates, makes its indices, the role `deadair_writer` and an API key that can add lines and\nnothing else. Run it once with an administrator's credentials; again whenever a setting below changes.",
  )
    .option(
      '--retention <span>',
      'how long lines are kept, counted in days; `never` keeps them for ever',
      '30d',
    )
    .option('--shards <n>', 'primary shards of the lines', '1')
    .option('--key-file <file>', 'where the API key goes (0600); a good one that lies there is kept')
    .option(
      '--user <name>',
      'make a user with the role too; its password is taken from DEADAIR_ES_USER_PASSWORD',
    )
    .addHelpText(
      'after',
      '\nExample:\n  DEADAIR_ES_URL=https://es1:9200 DEADAIR_ES_USERNAME=elastic DEADAIR_ES_PASSWORD=… \\\n    deadair elasticsearch setup --retention 90d --key-file /etc/deadair/es.key\n',
    )
    .action(async (flags: ElasticsearchFlags) => {
      const { setUp } = await import('../../store/elasticsearch/setup.js');
      const result = await setUp(serviceSettings({ ...flags }).store.elasticsearch, {
        retentionDays: retentionDays(flags.retention),
        shards: shardsOf(flags.shards),
        keyFile: flags.keyFile,
        user: userOf(flags.user, process.env.DEADAIR_ES_USER_PASSWORD),
      });
      if (flags.json) printJson(result);
      else print(setupText(result));
    });
  command(
    'check',
    'say what is wrong with the cluster, its indices and the key; exit status 1 if something is',
    'Looks at connection, rights, indices, mappings, blocks and lines set aside, with the key the service will use. Changes nothing.',
  ).action(async (flags: ElasticsearchFlags) => {
    const { checkCluster } = await import('../../store/elasticsearch/check.js');
    const findings = await checkCluster(serviceSettings({ ...flags }).store.elasticsearch);
    if (flags.json) printJson(findings);
    else print(findings.map(findingText).join('\n'));
    if (findings.some(({ state }) => state === 'wrong')) process.exitCode = 1;
  });
}

export function setupText({ version, done, missing, apiKey }: SetupResult): string {
  const text = [`${pc.bold(`Elasticsearch ${version}`)} is ready for Deadair: ${done.join('; ')}.`];
  if (missing !== undefined) text.push(`${pc.yellow('missing')}  ${missing}.`);
  if (apiKey !== undefined)
    text.push('', 'The API key, shown this once:', `  DEADAIR_ES_API_KEY=${apiKey}`, '');
  return text.join('\n');
}

function findingText({ state, about, text }: ClusterProblem): string {
  const colour = { ok: pc.green, warning: pc.yellow, wrong: pc.red }[state];
  return `${colour(state.padEnd(8))} ${about.padEnd(12)} ${text}`;
}

function retentionDays(text: string): number | undefined {
  if (text === 'never') return undefined;
  const parsed = Duration.safeParse(text);
  const days = parsed.success ? Math.ceil(parsed.data / DAY_MS) : 0;
  if (days >= 1) return days;
  throw new DeadairError(
    'usage.invalid',
    `"${text}" is no time of a day or more; write for example 30d, or never.`,
    {
      subject: '--retention',
    },
  );
}

function shardsOf(text: string): number {
  const shards = Number(text);
  if (Number.isInteger(shards) && shards >= 1 && shards <= 1024) return shards;
  throw new DeadairError('usage.invalid', `"${text}" is no number of shards; write 1 to 1024.`, {
    subject: '--shards',
  });
}

function userOf(
  name: string | undefined,
  password: string | undefined,
): { name: string; password: string } | undefined {
  if (name === undefined) return undefined;
  if (password !== undefined && password.length >= 8) return { name, password };
  throw new DeadairError(
    'usage.invalid',
    'The user needs a password of at least 8 characters in DEADAIR_ES_USER_PASSWORD.',
    { subject: '--user' },
  );
}
