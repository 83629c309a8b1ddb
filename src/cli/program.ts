import { Command, CommanderError } from 'commander';
import { asDeadairError } from '../platform/errors.js';
import { packageVersion } from '../platform/package-root.js';

/**
 * All commands by name, in the order help shows them: a file a command, each with one `register…` function. Only the command that is
 * called is loaded, and it loads what it needs inside its action: `deadair collect` pays in memory for nothing else.
 */
const COMMANDS: Record<string, () => Promise<(program: Command) => unknown>> = {
  up: async () => (await import('./commands/up.js')).registerUp,
  serve: async () => (await import('./commands/serve.js')).registerServe,
  collect: async () => (await import('./commands/collect.js')).registerCollect,
  pull: async () => (await import('./commands/pull.js')).registerPull,
  run: async () => (await import('./commands/run.js')).registerRun,
  search: async () => (await import('./commands/search.js')).registerSearch,
  tail: async () => (await import('./commands/tail.js')).registerTail,
  context: async () => (await import('./commands/context.js')).registerContext,
  patterns: async () => (await import('./commands/patterns.js')).registerPatterns,
  diff: async () => (await import('./commands/diff.js')).registerDiff,
  status: async () => (await import('./commands/status.js')).registerStatus,
  incidents: async () => (await import('./commands/incidents.js')).registerIncidents,
  watch: async () => (await import('./commands/watch.js')).registerWatch,
  runs: async () => (await import('./commands/runs.js')).registerRuns,
  preflight: async () => (await import('./commands/preflight.js')).registerPreflight,
  explain: async () => (await import('./commands/explain.js')).registerExplain,
  postmortem: async () => (await import('./commands/postmortem.js')).registerPostmortem,
  export: async () => (await import('./commands/export.js')).registerExport,
  record: async () => (await import('./commands/record.js')).registerRecord,
  hosts: async () => (await import('./commands/hosts.js')).registerHosts,
  import: async () => (await import('./commands/import.js')).registerImport,
  alerts: async () => (await import('./commands/alerts.js')).registerAlerts,
  classify: async () => (await import('./commands/classify.js')).registerClassify,
  label: async () => (await import('./commands/label.js')).registerLabel,
  rules: async () => (await import('./commands/rules.js')).registerRules,
  replay: async () => (await import('./commands/replay.js')).registerReplay,
  store: async () => (await import('./commands/store.js')).registerStore,
  token: async () => (await import('./commands/token.js')).registerToken,
  tls: async () => (await import('./commands/tls.js')).registerTls,
  kibana: async () => (await import('./commands/kibana.js')).registerKibana,
  elasticsearch: async () => (await import('./commands/elasticsearch.js')).registerElasticsearch,
  migrate: async () => (await import('./commands/migrate.js')).registerMigrate,
  config: async () => (await import('./commands/config-check.js')).registerConfigCheck,
  completion: async () => {
    const { registerCompletion } = await import('./commands/completion.js');
    return program => registerCompletion(program, () => createProgram());
  },
  demo: async () => (await import('./commands/demo.js')).registerDemo,
};

/** @param words of the command line; with the name of a command first only that one is loaded, else all are */
export async function createProgram(words: readonly string[] = []): Promise<Command> {
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
  const called = words.find(word => !word.startsWith('-'));
  const names = called !== undefined && Object.hasOwn(COMMANDS, called) ? [called] : Object.keys(COMMANDS);
  for (const register of await Promise.all(names.map(name => COMMANDS[name]!()))) register(program);
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
