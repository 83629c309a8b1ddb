import { Command, CommanderError } from 'commander';
import { asDeadairError } from '../platform/errors.js';
import { packageVersion } from '../platform/package-root.js';
import { registerAlerts } from './alerts.js';
import { registerClassify } from './classify.js';
import { registerCollect } from './collect.js';
import { registerConfigCheck } from './config-check.js';
import { registerContext } from './context.js';
import { registerDemo } from './demo.js';
import { registerDiff } from './diff.js';
import { registerElasticsearch } from './elasticsearch.js';
import { registerExplain } from './explain.js';
import { registerExport } from './export.js';
import { registerImport } from './import.js';
import { registerIncidents } from './incidents.js';
import { registerKibana } from './kibana.js';
import { registerMigrate } from './migrate.js';
import { registerPatterns } from './patterns.js';
import { registerPostmortem } from './postmortem.js';
import { registerPreflight } from './preflight.js';
import { registerPull } from './pull.js';
import { registerReplay } from './replay.js';
import { registerRules } from './rules.js';
import { registerRun } from './run.js';
import { registerRuns } from './runs.js';
import { registerSearch } from './search.js';
import { registerServe } from './serve.js';
import { registerStatus } from './status.js';
import { registerStore } from './store.js';
import { registerTail } from './tail.js';
import { registerUp } from './up.js';
import { registerWatch } from './watch.js';

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

/** 0 done, 1 failed, 2 wrong use (DESIGN.md §8). */
export function exitStatusOf(thrown: unknown): number {
  // Help and version end by "error" too, with status 0; everything else commander says is wrong use.
  if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? 0 : 2;
  return asDeadairError(thrown).exitStatus;
}

function leaves(command: Command): Command[] {
  if (command.commands.length === 0) return [command];
  return command.commands.flatMap(child => [...(child.commands.length > 0 ? [child] : []), ...leaves(child)]);
}
