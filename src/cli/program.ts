import { Command, CommanderError } from 'commander';
import { asDeadairError } from '../platform/errors.js';
import { packageVersion } from '../platform/package-root.js';
import { registerAlerts } from './commands/alerts.js';
import { registerClassify } from './commands/classify.js';
import { registerCollect } from './commands/collect.js';
import { registerConfigCheck } from './commands/config-check.js';
import { registerContext } from './commands/context.js';
import { registerDemo } from './commands/demo.js';
import { registerDiff } from './commands/diff.js';
import { registerElasticsearch } from './commands/elasticsearch.js';
import { registerExplain } from './commands/explain.js';
import { registerExport } from './commands/export.js';
import { registerImport } from './commands/import.js';
import { registerIncidents } from './commands/incidents.js';
import { registerKibana } from './commands/kibana.js';
import { registerMigrate } from './commands/migrate.js';
import { registerPatterns } from './commands/patterns.js';
import { registerPostmortem } from './commands/postmortem.js';
import { registerPreflight } from './commands/preflight.js';
import { registerPull } from './commands/pull.js';
import { registerReplay } from './commands/replay.js';
import { registerRules } from './commands/rules.js';
import { registerRun } from './commands/run.js';
import { registerRuns } from './commands/runs.js';
import { registerSearch } from './commands/search.js';
import { registerServe } from './commands/serve.js';
import { registerStatus } from './commands/status.js';
import { registerStore } from './commands/store.js';
import { registerTail } from './commands/tail.js';
import { registerUp } from './commands/up.js';
import { registerWatch } from './commands/watch.js';

/**
 * All commands, in the order help shows them: a file a command, each with one `register…` function. A command loads
 * what it needs inside its action, so that `deadair --help` and `deadair run` don't pay for the server.
 */
const COMMANDS: ((program: Command) => unknown)[] = [
  registerUp,
  registerServe,
  registerCollect,
  registerPull,
  registerRun,
  registerSearch,
  registerTail,
  registerContext,
  registerPatterns,
  registerDiff,
  registerStatus,
  registerIncidents,
  registerWatch,
  registerRuns,
  registerPreflight,
  registerExplain,
  registerPostmortem,
  registerExport,
  registerImport,
  registerAlerts,
  registerClassify,
  registerRules,
  registerReplay,
  registerStore,
  registerKibana,
  registerElasticsearch,
  registerMigrate,
  registerConfigCheck,
  registerDemo,
];

export function createProgram(): Command {
  const program = new Command('deadair')
    .description(
      'Gathers the logs of distributed test runs; says which host went silent or lost its connection, when and why.',
    )
    .version(packageVersion, '-V, --version')
    .option('--json', 'print results and errors as JSON, for programs')
    // `deadair run -- COMMAND --json`: what comes after a command's name is the command's.
    .enablePositionalOptions()
    .showHelpAfterError('(deadair --help shows all commands)')
    .exitOverride();
  for (const register of COMMANDS) register(program);
  for (const command of leaves(program))
    if (!command.options.some(option => option.long === '--json'))
      command.option('--json', 'print the result as JSON, for programs');
  return program;
}

/** 0 done, 1 failed, 2 wrong use (docs/reference/errors.md). */
export function exitStatusOf(thrown: unknown): number {
  // Help and version end by "error" too, with status 0; everything else commander says is wrong use.
  if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : 2;
  return asDeadairError(thrown).exitStatus;
}

function leaves(command: Command): Command[] {
  if (command.commands.length === 0) return [command];
  return command.commands.flatMap(child => [...(child.commands.length > 0 ? [child] : []), ...leaves(child)]);
}
