import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';

/**
 * A service of this build on an Elasticsearch.
 * @param more variables of its environment
 */
export function spawnService(
  port: number,
  url: string,
  namespace: string,
  more: NodeJS.ProcessEnv = {},
): ChildProcess {
  return spawn(process.execPath, ['dist/src/cli/main.js', 'serve', '--port', String(port)], {
    stdio: ['ignore', 'ignore', 'inherit'],
    env: {
      ...process.env,
      DEADAIR_STORE: 'elasticsearch',
      DEADAIR_ES_URL: url,
      DEADAIR_ES_NAMESPACE: namespace,
      DEADAIR_LOG_LEVEL: 'warn',
      ...more,
    },
  });
}

/** User and system time of a process, s; not a number where there is none. */
export function cpuSeconds(pid: number | undefined): number {
  if (!pid) return Number.NaN;
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
