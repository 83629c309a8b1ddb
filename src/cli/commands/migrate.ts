import path from 'node:path';
import type { Command } from 'commander';
import { SystemClock } from '../../platform/clock.js';
import { defined } from '../../platform/defined.js';
import { DeadairError } from '../../platform/errors.js';
import type { Moved } from '../../store/migrate.js';
import { countWords } from '../../wording/amount.js';
import { colors as pc } from '../colors.js';
import { loggerOf } from '../foreground.js';
import { print, printJson } from '../output.js';
import { Progress } from '../progress.js';
import { serviceSettings } from './serve.js';

interface MigrateFlags {
  config?: string;
  data?: string;
  to: string;
  json?: boolean;
}

/** `deadair migrate --to elasticsearch`. */
export function registerMigrate(program: Command): void {
  program
    .command('migrate')
    .summary('carry the embedded store over to Elasticsearch')
    .description(
      'Copies lines, positions, runs, incidents and alerts of the embedded store to the Elasticsearch of the settings, then counts\nevery source in both. The service must be stopped. Interrupted, it goes on where it was when run again; the embedded\nstore stays as it is.',
    )
    .requiredOption('--to <kind>', 'where to: elasticsearch')
    .option('--config <file>', 'settings; default: DEADAIR_CONFIG, else deadair.yaml of this directory')
    .option('--data <dir>', 'where the embedded store is (DEADAIR_DATA; default ./data)')
    .option('--json', 'print the result as JSON, for programs')
    .action(async (flags: MigrateFlags) => {
      if (flags.to !== 'elasticsearch')
        throw new DeadairError(
          'usage.invalid',
          `There is no move to "${flags.to}"; write --to elasticsearch.`,
          {
            subject: '--to',
          },
        );
      const moved = await move(flags);
      if (flags.json) printJson(moved);
      else print(movedText(moved));
      if (moved.differ.length > 0) process.exitCode = 1;
    });
}

async function move(flags: MigrateFlags): Promise<Moved> {
  const [{ moveToElasticsearch }, { openEmbeddedStore }, { openElasticsearchStore }] = await Promise.all([
    import('../../store/migrate.js'),
    import('../../store/embedded/embedded-store.js'),
    import('../../store/elasticsearch/elasticsearch-store.js'),
  ]);
  const settings = serviceSettings({
    ...defined({ config: flags.config, data: flags.data }),
  });
  const logger = loggerOf(settings);
  const clock = new SystemClock();
  const to = await openElasticsearchStore({ settings: settings.store.elasticsearch, clock, logger });
  try {
    const progress = new Progress('carrying over', flags);
    // With its lock: nothing may be added while it is being copied.
    const from = await openEmbeddedStore({ directory: path.resolve(settings.data), clock, logger });
    try {
      return await moveToElasticsearch(from, to, clock, ({ source, sources, lines }) =>
        progress.update(source, sources, `${countWords(lines)} lines, ${source} of ${sources} sources`),
      );
    } finally {
      progress.clear();
      await from.close();
    }
  } finally {
    await to.close();
  }
}

function movedText({ sources, lines, documents, differ }: Moved): string {
  const counts = `${countWords(lines.from)} lines of ${sources} sources, ${documents} documents`;
  if (differ.length === 0)
    return `${pc.green('Carried over:')} ${counts}; every source has as many lines in Elasticsearch.\nNow set store.kind to elasticsearch (DEADAIR_STORE) and start the service.`;
  return [
    `${pc.red('The counts differ')} for ${differ.length} sources (${counts}):`,
    ...differ.map(one => `  ${one.path} (${one.source}): ${one.from} here, ${one.to} in Elasticsearch`),
    'Run it again; if they still differ, run `deadair store check` and `deadair elasticsearch check`.',
  ].join('\n');
}
