import os from 'node:os';
import type { Command } from 'commander';
import { DeadairError, messageOf } from '../../platform/errors.js';
import { loggerOf, untilStopped } from '../foreground.js';

interface CollectFlags {
  config?: string;
  to?: string;
  watch?: string[];
  agent?: string;
  host?: string;
  from?: string;
  tokenFile?: string;
}

/** `deadair collect --to URL`: what runs beside the logs. */
export function registerCollect(program: Command): void {
  program
    .command('collect')
    .summary('follow the logs of this host and ship them to the service')
    .description(
      'Follows log files and ships every line once, through rotation, restarts and outages. Keeps nothing on disk.',
    )
    .option('--config <file>', 'settings; default: DEADAIR_CONFIG, else deadair.yaml of this directory')
    .option('--to <url>', 'the service (DEADAIR_TO; default http://127.0.0.1:7707)')
    .option('--watch <dir...>', 'directories or path patterns to follow (DEADAIR_WATCH)')
    .option(
      '--agent <name>',
      'agent id, or a path pattern with {agent}; default: the file name up to its first dot',
    )
    .option('--host <name>', 'name of this host (DEADAIR_HOST; default: its host name)')
    .option('--from <where>', 'files never seen before are read from: start, end')
    .option('--token-file <file>', 'file with the token of the service (or DEADAIR_TOKEN)')
    .addHelpText(
      'after',
      '\nExample:\n  DEADAIR_TOKEN=… deadair collect --to http://controller:7707 --watch /home/ubuntu/sai3-logs\n',
    )
    .action(async (flags: CollectFlags) => {
      const [
        { Collector },
        { keepYoungGenerationSmall, optimizeLate },
        { loadConfigApart },
        { SystemClock },
      ] = await Promise.all([
        import('../../../collectors/collector.js'),
        import('../../platform/heap.js'),
        import('../../config/load-apart.js'),
        import('../../platform/clock.js'),
      ]);
      keepYoungGenerationSmall();
      optimizeLate();
      const { settings, warnings } = await loadConfigApart({
        file: flags.config,
        flags: {
          'collect.to': flags.to,
          'collect.watch': flags.watch,
          'collect.agent': flags.agent,
          'collect.host': flags.host,
          'collect.from': flags.from,
          'collect.tokenFile': flags.tokenFile,
        },
      });
      if (settings.collect.watch.length === 0)
        throw new DeadairError(
          'usage.invalid',
          'Say what to follow: --watch DIR, DEADAIR_WATCH or collect.watch.',
          {
            subject: 'collect.watch',
          },
        );
      const logger = loggerOf(settings);
      for (const warning of warnings) logger.warn('config.warning', { warning });
      try {
        os.setPriority(settings.collect.limits.nice);
      } catch (thrown) {
        logger.warn('collector.nice', { error: messageOf(thrown) });
      }
      const collector = new Collector({ settings: settings.collect, clock: new SystemClock(), logger });
      collector.start();
      logger.info('collector.started', { to: settings.collect.to, watch: settings.collect.watch.join(', ') });
      const signal = await untilStopped();
      await collector.stop(signal);
    });
}
