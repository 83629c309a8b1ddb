import { defined } from '../platform/defined.js';
import { DeadairError } from '../platform/errors.js';

export interface RemoteQuestion {
  port: number;
  logDirectory: string;
}

export interface RemoteFile {
  name: string;
  bytes: number;
  modifiedAt: number;
}

/** What a host tells of itself over ssh. */
export interface RemoteFacts {
  /** The host's clock, ms since the epoch. */
  clock: number;
  user: string;
  directory: { exists: boolean; readable: boolean; writable: boolean; owner?: string; mode?: string };
  /** Bytes free where the logs go. */
  diskFree?: number;
  /** Who listens on the port, as far as it may be seen; empty: nobody. */
  listeners?: string;
  logs: RemoteFile[];
}

/** One shell command for all, so that a host is asked once. POSIX shell; every tool may be missing. */
export function remoteScript({ port, logDirectory }: RemoteQuestion): string {
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw new DeadairError('usage.invalid', `${port} is no port.`);
  const directory = quote(logDirectory);
  return [
    'export LC_ALL=C',
    'echo clock=$(date +%s.%N 2>/dev/null)',
    'echo user=$(id -un)',
    `d=${directory}; case "$d" in "~/"*) d="$HOME/\${d#??}";; esac`,
    'p="$d"; while [ ! -d "$p" ] && [ "$p" != / ]; do p=$(dirname "$p"); done',
    'echo disk=$(df -Pk "$p" 2>/dev/null | awk \'NR==2{print $4}\')',
    'if [ -d "$d" ]; then echo exists=1; [ -r "$d" ] && [ -x "$d" ] && echo readable=1; [ -w "$d" ] && echo writable=1;' +
      ' echo owner=$(stat -c %U:%G "$d" 2>/dev/null); echo mode=$(stat -c %a "$d" 2>/dev/null);' +
      ' for f in "$d"/*.log; do [ -f "$f" ] && echo "log=$(stat -c \'%s %Y\' "$f") $(basename "$f")"; done; fi',
    `if command -v ss >/dev/null 2>&1; then echo "ss=1"; ss -Hltnp "sport = :${port}" 2>/dev/null | sed 's/^/listen=/'; fi`,
    'true',
  ].join('\n');
}

/** @throws DeadairError remote.failed when the host printed something else (a shell that is none, a banner that ends it) */
export function parseRemote(output: string): RemoteFacts {
  const values = new Map<string, string[]>();
  for (const line of output.split('\n')) {
    const match = /^([a-z]+)=(.*)$/.exec(line);
    if (match?.[1]) values.set(match[1], [...(values.get(match[1]) ?? []), match[2] ?? '']);
  }
  const one = (name: string) => values.get(name)?.[0] ?? '';
  const clock = Number.parseFloat(one('clock').replace('N', ''));
  if (!Number.isFinite(clock))
    throw new DeadairError(
      'remote.failed',
      `The host's shell answered something unexpected: “${output.slice(0, 120).trim()}”.`,
    );
  const free = Number.parseInt(one('disk'), 10);
  const listeners = values.has('ss') ? (values.get('listen') ?? []).map(processName).join(', ') : undefined;
  return {
    clock: clock * 1000,
    user: one('user'),
    directory: {
      exists: values.has('exists'),
      readable: values.has('readable'),
      writable: values.has('writable'),
      ...(one('owner') ? { owner: one('owner') } : {}),
      ...(one('mode') ? { mode: one('mode') } : {}),
    },
    ...(Number.isFinite(free) ? { diskFree: free * 1024 } : {}),
    ...defined({ listeners }),
    logs: (values.get('log') ?? []).flatMap(parseLog),
  };
}

function parseLog(text: string): RemoteFile[] {
  const match = /^(\d+) (\d+) (.+)$/.exec(text);
  return match
    ? [{ bytes: Number(match[1]), modifiedAt: Number(match[2]) * 1000, name: match[3] ?? '' }]
    : [];
}

/** `LISTEN 0 128 *:7761 *:* users:(("sai3bench-agent",pid=12,fd=9))`; another user's process is not named. */
function processName(line: string): string {
  const match = /users:\(\("([^"]+)",pid=(\d+)/.exec(line);
  return match ? `${match[1]} (pid ${match[2]})` : 'a process of another user';
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
