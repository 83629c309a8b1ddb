import { accessSync, constants, statSync } from 'node:fs';
import path from 'node:path';
import type { Command } from 'commander';
import type { Settings } from '../../config/settings.js';
import { SystemClock } from '../../platform/clock.js';
import { DeadairError } from '../../platform/errors.js';
import { sizeHeapsOfService } from '../../platform/heap.js';
import { colors as pc } from '../colors.js';
import { live, loggerOf } from '../foreground.js';
import {
  endProcess,
  ensureDirectory,
  type ServiceFlags,
  serviceSettings,
  withServiceOptions,
} from './serve.js';

const DEFAULT_WATCH = './logs';

/** `deadair up`: service, page and a collector of this host's logs in one process; what `npm start` runs. */
export function registerUp(program: Command): void {
  withServiceOptions(
    program
      .command('up')
      .summary('run everything here: service, page, and a collector of a log directory')
      .description(
        'Runs the service, its page and a collector of this host in one process. Logs of other hosts come from\n`deadair collect` there, or `deadair pull` from here.',
      ),
  )
    .option('--watch <dir...>', 'directories or path patterns to follow (DEADAIR_WATCH; default ./logs)')
    .addHelpText('after', '\nExample:\n  deadair up --watch /home/ubuntu/sai3-logs\n')
    .action(async (flags: ServiceFlags) => {
      sizeHeapsOfService();
      const open = async () => {
        const running = await startUp(serviceSettings(flags));
        process.stdout.write(greeting(running.url, running.watching));
        return running;
      };
      const check = () => void serviceSettings(flags);
      await live(open, check, loggerOf(serviceSettings(flags)));
    });
}

export interface Running {
  url: string;
  watching: string[];
  stop(): Promise<void>;
}

/** Starts service and collector; the collector talks to the service over the loopback like any other. */
export async function startUp(settings: Settings): Promise<Running> {
  const [{ Service }, { Collector }] = await Promise.all([
    import('../../service/app.js'),
    import('../../../collectors/collector.js'),
  ]);
  const watch = settings.collect.watch.length > 0 ? settings.collect.watch : [DEFAULT_WATCH];
  const watching = watch.map(one => path.resolve(one));
  for (const directory of watching) if (!/[*?{[]/.test(directory)) checkReadable(directory);
  const clock = new SystemClock();
  const logger = loggerOf(settings);
  const service = new Service({
    settings,
    clock,
    logger,
    sink: process.stdout,
    watching,
    onOusted: endProcess,
  });
  await service.start();
  const collector = new Collector({
    settings: {
      ...settings.collect,
      watch: watching,
      to: service.url,
      token: service.localToken,
    },
    clock,
    logger: logger.child({ stage: 'collector' }),
  });
  collector.start();
  return {
    url: service.url,
    watching,
    async stop() {
      await collector.stop('stopped by hand');
      await service.stop();
    },
  };
}

function checkReadable(directory: string): void {
  let isFile = false;
  try {
    isFile = statSync(directory).isFile();
  } catch {
    ensureDirectory(directory);
  }
  try {
    accessSync(directory, isFile ? constants.R_OK : constants.R_OK | constants.X_OK);
  } catch (cause) {
    throw new DeadairError(
      'watch.unreadable',
      `${directory} can't be read by this user: chmod or chown it, or name another directory with --watch.`,
      { subject: 'collect.watch', cause },
    );
  }
}

function greeting(url: string, watching: readonly string[]): string {
  const [first] = watching;
  return [
    '',
    `  ${pc.bold('Deadair')} is up.`,
    '',
    `  page       ${pc.cyan(url)}`,
    `  following  ${watching.join(', ')}`,
    '',
    '  Try next:',
    `    echo "hello $(date -Is)" >> ${first}/agent-1.log`,
    '    deadair tail',
    '    deadair status',
    '',
    '  Stop it with Ctrl-C.',
    '',
    '',
  ].join('\n');
}
