import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { type Command, InvalidArgumentError } from 'commander';
import { PAGE_PLACEHOLDER } from '../../kibana/ids.js';
import { DeadairError } from '../../platform/errors.js';
import { packageRoot } from '../../platform/package-root.js';
import { print, printJson, remark } from '../output.js';

interface KibanaFlags {
  url?: string;
  username: string;
  passwordFile?: string;
  space?: string;
  pageUrl: string;
  wait: number;
  rules?: boolean;
  json?: boolean;
}

const OBJECTS = path.join(packageRoot, 'dashboards', 'deadair.ndjson');

/** `deadair kibana import | export`: data views, Discover sessions, dashboard and saved queries for Kibana. */
export function registerKibana(program: Command): void {
  const kibana = program
    .command('kibana')
    .description("Deadair's dashboard, sessions and queries for Kibana");
  kibana
    .command('import')
    .description(
      'Brings them into a running Kibana and waits for it to be up. Importing again replaces them, never doubles.',
    )
    .option('--url <url>', 'Kibana (DEADAIR_KIBANA_URL; default http://127.0.0.1:5601)')
    .option(
      '--username <name>',
      'with DEADAIR_KIBANA_PASSWORD; or an API key in DEADAIR_KIBANA_API_KEY',
      'elastic',
    )
    .option('--password-file <file>', 'file with the password')
    .option('--space <id>', 'a space other than the default')
    .option(
      '--page-url <url>',
      "where people reach Deadair's page, for links in tables (DEADAIR_PAGE_URL)",
      pageUrl(),
    )
    .option('--wait <seconds>', 'how long to wait for Kibana', seconds, 300)
    .option('--rules', "also Kibana's own alerting rules (Deadair's alerts don't need them)")
    .addHelpText(
      'after',
      '\nExample:\n  DEADAIR_KIBANA_PASSWORD=… deadair kibana import --url http://127.0.0.1:5601\n',
    )
    .action(importAll);
  kibana
    .command('export')
    .description('Writes them to standard output: for Stack Management → Saved Objects → Import')
    .option('--page-url <url>', "where people reach Deadair's page (DEADAIR_PAGE_URL)", pageUrl())
    .action(({ pageUrl: page }: { pageUrl: string }) => void process.stdout.write(objects(page)));
}

async function importAll(flags: KibanaFlags): Promise<void> {
  const { KibanaClient } = await import('../../kibana/client.js');
  const url = flags.url ?? (process.env.DEADAIR_KIBANA_URL || 'http://127.0.0.1:5601');
  const client = new KibanaClient({
    access: {
      url,
      space: flags.space,
      apiKey: process.env.DEADAIR_KIBANA_API_KEY || undefined,
      username: flags.username,
      password: password(flags),
    },
    pause: ms => pause(ms),
    onWaiting: why => remark(`waiting for Kibana at ${url}: ${why}`),
  });
  await client.waitUntilUp(flags.wait);
  const imported = await client.importObjects(objects(flags.pageUrl));
  const rules: string[] = [];
  if (flags.rules) {
    const { alertingObjects } = await import('../../../dashboards/rules.js');
    for (const { path: target, create, update } of alertingObjects())
      rules.push(`${target.split('/').at(-1)} ${await client.put(target, create, update)}`);
  }
  if (flags.json) printJson({ url, imported, rules });
  else
    print(
      [
        `${imported} objects are in Kibana at ${url}: see the dashboard “Deadair – run overview”.`,
        ...rules,
      ].join('\n'),
    );
}

function objects(page: string): string {
  let text: string;
  try {
    text = readFileSync(OBJECTS, 'utf8');
  } catch (cause) {
    throw new DeadairError('internal', `${OBJECTS} is missing: the installation is incomplete.`, { cause });
  }
  return text.replaceAll(PAGE_PLACEHOLDER, page.replace(/\/+$/, ''));
}

function pageUrl(): string {
  return process.env.DEADAIR_PAGE_URL || 'http://127.0.0.1:7707';
}

function password({ passwordFile }: KibanaFlags): string | undefined {
  if (passwordFile === undefined) return process.env.DEADAIR_KIBANA_PASSWORD || undefined;
  try {
    return readFileSync(passwordFile, 'utf8').trim();
  } catch (cause) {
    throw new DeadairError(
      'config.unreadable',
      `${passwordFile} can't be read (${(cause as NodeJS.ErrnoException).code}); check --password-file.`,
      { subject: '--password-file', cause },
    );
  }
}

function seconds(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0 || value > 86_400)
    throw new InvalidArgumentError('give whole seconds, at most 86400');
  return value;
}
