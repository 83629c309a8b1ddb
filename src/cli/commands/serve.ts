import { mkdirSync } from 'node:fs';
import path from 'node:path';
import type { Command } from 'commander';
import { loadConfig } from '../../config/load.js';
import type { Settings } from '../../config/settings.js';
import { SystemClock } from '../../platform/clock.js';
import { DeadairError } from '../../platform/errors.js';
import { sizeHeapsOfService } from '../../platform/heap.js';
import { colors as pc } from '../colors.js';
import { live, loggerOf } from '../foreground.js';

export interface ServiceFlags {
  config?: string;
  data?: string;
  port?: string;
  listen?: string;
  watch?: string[];
}

export function withServiceOptions(command: Command): Command {
  return command
    .option('--config <file>', 'settings; default: DEADAIR_CONFIG, else deadair.yaml of this directory')
    .option('--data <dir>', 'where lines and everything else are kept (DEADAIR_DATA; default ./data)')
    .option('--port <port>', 'port of page, API and collectors (DEADAIR_PORT; default 7707)')
    .option(
      '--listen <address>',
      'address to listen at (DEADAIR_LISTEN; default 127.0.0.1; another needs DEADAIR_TOKEN)',
    );
}

/** Settings of the commands that run something here. @throws ConfigError */
export function serviceSettings(flags: ServiceFlags): Settings {
  const { settings, warnings } = loadConfig({
    file: flags.config,
    flags: {
      data: flags.data,
      'server.port': flags.port === undefined ? undefined : Number(flags.port),
      'server.listen': flags.listen,
      'collect.watch': flags.watch,
    },
  });
  const logger = loggerOf(settings);
  for (const warning of warnings) logger.warn('config.warning', { warning });
  return settings;
}

/** `deadair serve`: the service alone. */
export function registerServe(program: Command): void {
  withServiceOptions(
    program
      .command('serve')
      .summary('run the service: takes lines from collectors, serves page and API')
      .description('Runs the service without a collector of its own. `deadair up` runs both in one process.'),
  ).action(async (flags: ServiceFlags) => {
    sizeHeapsOfService();
    const open = async () => {
      // Not before `live` hears signals: a hang-up while this loads must not end it.
      const { Service } = await import('../../service/app.js');
      const settings = serviceSettings(flags);
      const service = new Service({
        settings,
        clock: new SystemClock(),
        logger: loggerOf(settings),
        sink: process.stdout,
        onOusted: endProcess,
      });
      await service.start();
      process.stdout.write(`${pc.bold('Deadair')} serves ${pc.cyan(service.url)}  (stop it with Ctrl-C)\n`);
      return service;
    };
    const check = () => void serviceSettings(flags);
    await live(open, check, loggerOf(serviceSettings(flags)));
  });
}

/**
 * Another ingester leads although this one never gave up: it was cut off or stood still for long. What it half knows must not be
 * told, so the process ends; started again, it stands by.
 */
export function endProcess(leader: string): never {
  process.stderr.write(
    `deadair: another ingester (${leader}) has taken the lead while this one could not reach the store; this one ends. Start it again: it will stand by.\n`,
  );
  process.exit(1);
}

/** A directory that is to be followed must be there; a missing one is made, so that the first start just works. */
export function ensureDirectory(directory: string): void {
  try {
    mkdirSync(directory, { recursive: true });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new DeadairError(
      'watch.unreadable',
      `The directory ${path.resolve(directory)} can't be made (${code}); name another with --watch or DEADAIR_WATCH.`,
      { subject: 'collect.watch', cause },
    );
  }
}
