import { type Command, InvalidArgumentError, Option } from 'commander';
import type { TokenReply } from '../../access/routes.js';
import { SCOPES } from '../../http/access.js';
import { defined } from '../../platform/defined.js';
import { Duration } from '../../platform/units.js';
import { type ClientOptions, createClient, withClientOptions } from '../client.js';
import { colors as pc } from '../colors.js';
import { columns } from '../lines.js';
import { print, printJson } from '../output.js';

interface CreateOptions extends ClientOptions {
  scope: string;
  agent?: string;
  expires?: number;
  json?: boolean;
}

/** `deadair token create | list | revoke`: who may do what with the service. */
export function registerToken(program: Command): void {
  const token = program.command('token').description('tokens of the service: who may do what');
  withClientOptions(
    token
      .command('create <name>')
      .summary('make a token; it is shown once')
      .description(
        "Makes a token and shows it, once. `collect` ships the lines of hosts that are nobody else's and does nothing else; `read` asks;\n`write` may change runs, silences and imports, too; `admin` may all. DEADAIR_TOKEN, where it is set, is an admin.",
      ),
  )
    .addOption(new Option('--scope <scope>', 'what it may do').choices(SCOPES).makeOptionMandatory())
    .option('--agent <pattern>', "with collect: only these agents' lines, such as 'agent-*'")
    .option('--expires <span>', 'it is over after this time, such as 90d', span)
    .option('--json', 'print the result as JSON, for programs')
    .addHelpText(
      'after',
      '\nExample:\n  deadair token create agent-7 --scope collect --expires 90d\n  DEADAIR_TOKEN=deadair_… deadair collect --to https://controller:7707 --watch /home/ubuntu/sai3-logs\n',
    )
    .action(async (name: string, { scope, agent, expires, ...options }: CreateOptions) => {
      const made = await createClient(options).post<TokenReply & { token: string }>('/v1/tokens', {
        name,
        scope,
        ...defined({ agents: agent, expiresInMs: expires }),
      });
      if (options.json) printJson(made);
      else print(`${made.token}\n${pc.dim(`${tokenText(made)}. It is not shown again.`)}`);
    });
  withClientOptions(token.command('list').description('the tokens there are'))
    .option('--json', 'print the result as JSON, for programs')
    .action(async (options: ClientOptions & { json?: boolean }) => {
      const { tokens } = await createClient(options).get<{ tokens: TokenReply[] }>('/v1/tokens');
      if (options.json) printJson(tokens);
      else
        print(tokens.length === 0 ? 'There are none; `deadair token create` makes one.' : listText(tokens));
    });
  withClientOptions(
    token
      .command('revoke <name>')
      .description('nothing that has this token is answered from now on; its hosts are free'),
  )
    .option('--json', 'print the result as JSON, for programs')
    .action(async (name: string, options: ClientOptions & { json?: boolean }) => {
      await createClient(options).delete(`/v1/tokens/${encodeURIComponent(name)}`);
      if (options.json) printJson({ revoked: name });
      else print(`${name} is revoked.`);
    });
}

function tokenText({ name, scope, agents, expiresAt }: TokenReply): string {
  const whose = agents === null ? '' : ` for the agents ${agents}`;
  return `${name} may ${scope}${whose}${expiresAt === null ? '' : ` until ${expiresAt.slice(0, 16)}Z`}`;
}

function listText(tokens: readonly TokenReply[]): string {
  const rows = tokens.map(one => [
    one.name,
    one.scope,
    one.agents ?? '',
    one.expired ? pc.red('over') : one.expiresAt === null ? '' : `until ${one.expiresAt.slice(0, 10)}`,
    pc.dim(`by ${one.createdBy}, ${one.createdAt.slice(0, 10)}`),
  ]);
  return columns(rows).join('\n');
}

function span(text: string): number {
  const parsed = Duration.safeParse(text);
  if (!parsed.success) throw new InvalidArgumentError('Write a time span such as 90d or 12h.');
  return parsed.data;
}
