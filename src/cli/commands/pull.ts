import type { Command } from 'commander';
import { loadConfig } from '../../config/load.js';
import { SystemClock } from '../../platform/clock.js';
import { createLogger } from '../../platform/logger.js';
import { goOnUnheard } from '../foreground.js';

/** `deadair pull`: the collector's work over ssh, for hosts where nothing may be installed. */
export function registerPull(program: Command): void {
  program
    .command('pull')
    .summary('follow the logs of hosts over ssh, where no collector may be installed')
    .description(
      'Follows the logs of the hosts in deadair.yaml (pull.hosts) over SFTP, or shell commands where sftp is off, and ships\n' +
        'them as a collector does: every line once, through rotation and outages. Host keys are verified.',
    )
    .option('--config <file>', 'settings; default: DEADAIR_CONFIG, else deadair.yaml of this directory')
    .option('--to <url>', 'the ingester; default http://127.0.0.1:7707')
    .addHelpText(
      'after',
      '\ndeadair.yaml:\n  pull:\n    hosts:\n      - host: node1\n        user: ubuntu\n        watch: [/home/ubuntu/sai3-logs]\n' +
        '        privateKeyFile: ~/.ssh/id_ed25519\n\nStop it with Ctrl-C: it says goodbye, so that its silence is not taken for a loss.\n',
    )
    .action(async (options: { config?: string; to?: string }) => {
      const { Pull } = await import('../../../collectors/sftp/pull.js');
      const { settings, warnings } = loadConfig({
        file: options.config,
        flags: { 'collect.to': options.to },
      });
      const { level, format } = settings.log;
      const text = format === 'text' || (format === 'auto' && process.stderr.isTTY === true);
      const logger = createLogger({ level, format: text ? 'text' : 'json' });
      for (const warning of warnings) logger.warn('config.warning', { warning });
      const pull = new Pull(settings.pull, settings.collect, new SystemClock(), logger);
      pull.start();
      logger.info('pull.started', { hosts: settings.pull.hosts.length, to: settings.collect.to });
      goOnUnheard();
      // The schedule's timers keep no process alive.
      const alive = setInterval(() => {}, 60_000);
      await new Promise<void>(resolve => {
        process.once('SIGINT', resolve);
        process.once('SIGTERM', resolve);
      });
      clearInterval(alive);
      await pull.stop('stopped by a signal');
    });
}
