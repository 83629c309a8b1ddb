import { execFile } from 'node:child_process';

export interface PingAnswer {
  sent: number;
  received: number;
  /** Milliseconds; absent where nothing came back. */
  min?: number;
  average?: number;
  max?: number;
}

/**
 * Pings by the system's own command: raw ICMP sockets need rights Node does not have.
 * @returns undefined where there is no ping command or it may not be used
 */
export function ping(host: string, count: number, timeoutSeconds = 1): Promise<PingAnswer | undefined> {
  const args = ['-n', '-q', '-c', String(count), '-i', '0.2', '-W', String(timeoutSeconds), host];
  return new Promise(resolve => {
    execFile(
      'ping',
      args,
      { timeout: (count * 0.2 + timeoutSeconds + 5) * 1000, env: { ...process.env, LC_ALL: 'C' } },
      (_error, stdout) => {
        resolve(parsePing(stdout));
      },
    );
  });
}

/** Reads the summary of iputils, BSD and busybox ping; undefined when there is none. */
export function parsePing(output: string): PingAnswer | undefined {
  const counts = /(\d+) packets transmitted, (\d+)(?: packets)? received/.exec(output);
  if (!counts) return undefined;
  const times = /= ([\d.]+)\/([\d.]+)\/([\d.]+)/.exec(output);
  const answer = { sent: Number(counts[1]), received: Number(counts[2]) };
  return times
    ? { ...answer, min: Number(times[1]), average: Number(times[2]), max: Number(times[3]) }
    : answer;
}
