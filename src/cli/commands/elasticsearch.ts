import path from 'node:path';
import type { Command } from 'commander';
import { defined } from '../../platform/defined.js';
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
  data?: string;
  giveBack?: boolean;
  forget?: boolean;
}

interface BookDone {
  owner: { host: string; directory: string; since: number } | null;
  done: 'nothing' | 'given back' | 'forgotten';
  sources?: number;
  documents?: number;
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
    'book',
    'say where the book of positions is kept; give it back, or up',
    'With one service (store.elasticsearch.services: one) its data directory keeps the book: where each log stands, what is open,\nincidents and alerts. Without a flag this says whose it is and changes nothing.',
  )
    .option('--data <dir>', 'the data directory with the book (DEADAIR_DATA; default ./data)')
    .option(
      '--give-back',
      'carry the book to Elasticsearch, for several services; the service must be stopped',
    )
    .option('--forget', 'the directory is lost: whoever comes next begins a new book, and no line is doubled')
    .action(async (flags: ElasticsearchFlags) => {
      const done = await bookCommand(flags);
      if (flags.json) printJson(done);
      else print(bookText(done));
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

function setupText({ version, done, missing, apiKey }: SetupResult): string {
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

async function bookCommand(flags: ElasticsearchFlags): Promise<BookDone> {
  const { forgetBook, giveBack, whoKeepsTheBook } = await import(
    '../../store/elasticsearch/home/give-back.js'
  );
  const { config, data } = flags;
  const settings = serviceSettings({ ...defined({ config, data }) });
  const cluster = settings.store.elasticsearch;
  const owner = (await whoKeepsTheBook(cluster)) ?? null;
  if (flags.giveBack)
    return { owner, done: 'given back', ...(await giveBack(cluster, path.resolve(settings.data))) };
  if (!flags.forget) return { owner, done: 'nothing' };
  await forgetBook(cluster);
  return { owner, done: 'forgotten' };
}

function bookText({ owner, done, sources = 0, documents = 0 }: BookDone): string {
  if (done === 'given back')
    return `Elasticsearch keeps the book again: ${sources} logs and ${documents} documents carried over. Set store.elasticsearch.services to several and start the services.`;
  if (!owner)
    return 'Elasticsearch keeps the book itself, for several services (store.elasticsearch.services).';
  const where = `${owner.directory} on ${owner.host}, since ${new Date(owner.since).toISOString()}`;
  return done === 'forgotten'
    ? `The book in ${where} counts no more. The next service that starts begins a new one; collectors send their files again, and what is stored is left out.`
    : `The book is kept in ${where}.`;
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
