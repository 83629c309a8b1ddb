import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import type { PullHost } from '../../../collectors/sftp/settings.js';
import {
  CHECKS,
  type Check,
  DEFAULT_PREFLIGHT,
  type HostReport,
  type Probes,
} from '../../probe/preflight.js';
import { plural } from '../../wording/amount.js';
import { colors as pc } from '../colors.js';
import { print, printJson } from '../output.js';

interface PreflightOptions {
  port: number;
  logDir: string;
  user?: string;
  key?: string;
  sshPort: number;
  ssh: boolean;
  minDisk: number;
  json?: boolean;
}

const AT_ONCE = 16;

/** `deadair preflight HOSTS`: what has to be right before a run, and what to do where it is not. Exit status 1 if a check failed. */
export function registerPreflight(program: Command): void {
  program
    .command('preflight')
    .description(
      'before a run: name, ping loss, ssh, the agent’s port, clock, log directory and disk of each host',
    )
    .argument('<hosts...>', 'names or addresses; host:port where the agent’s port differs')
    .option('--port <port>', 'port of the agents', wholeNumber, DEFAULT_PREFLIGHT.port)
    .option('--log-dir <directory>', 'where the agents write their logs', DEFAULT_PREFLIGHT.logDirectory)
    .option('--user <name>', 'ssh user (default: USER)')
    .option('--key <file>', 'ssh private key (default: the ssh agent, else ~/.ssh/id_ed25519 or id_rsa)')
    .option('--ssh-port <port>', 'port of sshd', wholeNumber, 22)
    .option('--no-ssh', 'only what can be seen from outside')
    .option('--min-disk <gib>', 'GiB that must be free', Number, 1)
    .option('--json', 'print the reports as JSON')
    .action(async (hosts: string[], options: PreflightOptions) => {
      const [{ preflight }, { parseAddress }] = await Promise.all([
        import('../../probe/preflight.js'),
        import('../../probe/tcp.js'),
      ]);
      const { probes, close } = await realProbes(options);
      const reports: HostReport[] = [];
      const ask = async (name: string) => {
        const { host, port } = parseAddress(name, options.port);
        const settings = {
          ...DEFAULT_PREFLIGHT,
          port,
          logDirectory: options.logDir,
          minimumDiskBytes: options.minDisk * 1024 ** 3,
        };
        reports[hosts.indexOf(name)] = await preflight(host, probes, settings);
        if (!options.json && process.stderr.isTTY)
          process.stderr.write(`\r${reports.filter(Boolean).length}/${hosts.length} hosts asked`);
      };
      try {
        for (let from = 0; from < hosts.length; from += AT_ONCE)
          await Promise.all(hosts.slice(from, from + AT_ONCE).map(ask));
      } finally {
        close();
      }
      if (!options.json && process.stderr.isTTY) process.stderr.write('\r\x1b[K');
      if (options.json) printJson(reports);
      else print(preflightTable(reports));
      if (reports.some(report => report.checks.some(check => check.result === 'failed')))
        process.exitCode = 1;
    });
}

function wholeNumber(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > 65_535)
    throw new InvalidArgumentError('It must be a port, 1 to 65535.');
  return value;
}

async function realProbes(options: PreflightOptions): Promise<{ probes: Probes; close: () => void }> {
  const [{ tcpProbe, resolveName }, { ping }, { HostConnection }, { PullHost: schema }, { SystemClock }] =
    await Promise.all([
      import('../../probe/tcp.js'),
      import('../../probe/ping.js'),
      import('../../../collectors/sftp/connection.js'),
      import('../../../collectors/sftp/settings.js'),
      import('../../platform/clock.js'),
    ]);
  const connections = new Map<string, InstanceType<typeof HostConnection>>();
  const connectionTo = (host: string) => {
    let connection = connections.get(host);
    if (!connection) {
      const settings: PullHost = schema.parse({
        host,
        port: options.sshPort,
        user: options.user ?? process.env.USER ?? 'root',
        watch: [options.logDir],
        method: 'exec',
        ...login(options.key),
      });
      connection = new HostConnection(
        settings,
        { callSeconds: 15, connectSeconds: 10, keepaliveSeconds: 5 },
        new SystemClock(),
      );
      connections.set(host, connection);
    }
    return connection;
  };
  return {
    probes: {
      now: () => Date.now(),
      resolve: resolveName,
      ping: host => ping(host, 5),
      connect: (host, port) => tcpProbe(host, port, 3000),
      exec: options.ssh
        ? async (host, command) => (await connectionTo(host).exec(command, 1024 * 1024)).toString('utf8')
        : undefined,
    },
    close: () => {
      for (const connection of connections.values()) connection.close();
    },
  };
}

function login(key: string | undefined): { privateKeyFile?: string; useAgent?: boolean } {
  if (key) return { privateKeyFile: key };
  if (process.env.SSH_AUTH_SOCK) return { useAgent: true };
  const found = ['id_ed25519', 'id_ecdsa', 'id_rsa']
    .map(name => path.join(homedir(), '.ssh', name))
    .find(file => existsSync(file));
  return found ? { privateKeyFile: found } : {};
}

const SIGNS: Record<Check['result'], string> = { ok: '✔', warning: '!', failed: '✘', skipped: '–' };

/** A row a host, a column a check; below, what to do. */
export function preflightTable(reports: readonly HostReport[]): string {
  const width = Math.max(4, ...reports.map(report => report.host.length));
  const paint = { ok: pc.green, warning: pc.yellow, failed: pc.red, skipped: pc.dim };
  const rows = reports.map(report => {
    const signs = CHECKS.map(name => {
      const result = report.checks.find(check => check.check === name)?.result ?? 'skipped';
      return paint[result](SIGNS[result].padEnd(name.length));
    });
    return `${report.host.padEnd(width)}  ${signs.join('  ')}`;
  });
  const problems = reports.flatMap(report =>
    report.checks
      .filter(check => check.result === 'failed' || check.result === 'warning')
      .map(
        check =>
          `${paint[check.result](SIGNS[check.result])} ${report.host} ${check.check}: ${check.found}\n    ${check.fix ?? ''}`,
      ),
  );
  const failed = reports.filter(report => report.checks.some(check => check.result === 'failed')).length;
  const verdict =
    failed === 0
      ? pc.green(`${plural(reports.length, 'host')} ready.`)
      : pc.red(`${failed} of ${plural(reports.length, 'host')} not ready.`);
  return `${[`${'host'.padEnd(width)}  ${CHECKS.join('  ')}`, ...rows, '', ...problems, verdict].join('\n')}\n`;
}
