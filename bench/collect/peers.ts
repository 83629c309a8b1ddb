import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';

/**
 * Other shippers, found on PATH or named by a variable (`BENCH_SYSLOG_NG=/somewhere/syslog-ng`; its libraries by
 * LD_LIBRARY_PATH). They follow `DIRECTORY/*.log` and send each line over plain TCP, uncompressed: what costs them least.
 */
export interface Peer {
  name: string;
  program: string;
  variable: string;
  /** Writes its settings into `folder` and returns the arguments that keep it in the foreground. */
  configure(folder: string, watched: string, port: number): string[];
}

const PEERS: Peer[] = [
  {
    name: 'rsyslog',
    program: 'rsyslogd',
    variable: 'BENCH_RSYSLOG',
    configure(folder, watched, port) {
      const file = path.join(folder, 'rsyslog.conf');
      fs.writeFileSync(
        file,
        `global(workDirectory="${folder}" maxMessageSize="64k")
module(load="imfile" mode="inotify")
template(name="raw" type="string" string="%msg%\\n")
ruleset(name="ship") { action(type="omfwd" target="127.0.0.1" port="${port}" protocol="tcp" template="raw" queue.type="LinkedList" queue.size="20000" action.resumeRetryCount="-1") }
input(type="imfile" file="${watched}/*.log" tag="x" ruleset="ship" reopenOnTruncate="on")
`,
      );
      return ['-n', '-f', file, '-i', path.join(folder, 'rsyslog.pid')];
    },
  },
  {
    name: 'syslog-ng',
    program: 'syslog-ng',
    variable: 'BENCH_SYSLOG_NG',
    configure(folder, watched, port) {
      const file = path.join(folder, 'syslog-ng.conf');
      fs.writeFileSync(
        file,
        `@version: 3.38
options { stats-freq(0); };
source s { wildcard-file(base-dir("${watched}") filename-pattern("*.log") max-files(300) flags(no-parse) follow-freq(0.1) log-fetch-limit(1000) log-iw-size(300000)); };
destination d { network("127.0.0.1" port(${port}) template("$MSG\\n") log-fifo-size(400000)); };
log { source(s); destination(d); flags(flow-control); };
`,
      );
      const modules = process.env.BENCH_SYSLOG_NG_MODULES;
      return [
        '-F',
        '-f',
        file,
        '-R',
        `${folder}/persist`,
        '-c',
        `${folder}/ctl`,
        '-p',
        `${folder}/pid`,
      ].concat(modules ? ['--module-path', modules] : []);
    },
  },
  {
    name: 'fluent-bit',
    program: 'fluent-bit',
    variable: 'BENCH_FLUENT_BIT',
    configure(folder, watched, port) {
      const file = path.join(folder, 'fluent-bit.conf');
      fs.writeFileSync(
        file,
        `[SERVICE]
    flush 0.1
    log_level error
[INPUT]
    name tail
    path ${watched}/*.log
    read_from_head true
    refresh_interval 1
    db ${folder}/tail.db
[OUTPUT]
    name tcp
    match *
    host 127.0.0.1
    port ${port}
    format json_lines
`,
      );
      return ['-c', file];
    },
  },
];

export interface FoundPeer extends Peer {
  binary: string;
}

/** The peers that can run here; `say` is told of the others. */
export function findPeers(say: (why: string) => void): FoundPeer[] {
  return PEERS.flatMap(peer => {
    const binary = process.env[peer.variable] ?? onPath(peer.program);
    if (binary) return [{ ...peer, binary }];
    say(`skipped: ${peer.name} is not on PATH (or name it with ${peer.variable})`);
    return [];
  });
}

/** A peer at work. */
export class RunningPeer {
  private readonly child: ChildProcess;
  /** Rejects when it ends by itself. */
  readonly failed: Promise<never>;
  private stopping = false;

  constructor(peer: FoundPeer, args: string[]) {
    this.child = spawn(peer.binary, args, { stdio: 'ignore' });
    this.failed = new Promise((_, reject) => {
      this.child.on('error', reject);
      this.child.on('exit', status => {
        if (!this.stopping) reject(new Error(`${peer.name} ended with status ${status}`));
      });
    });
    this.failed.catch(() => {});
  }

  /** CPU seconds (utime, stime of /proc/PID/stat, in ticks of 10 ms) and peak memory, bytes. */
  used(): { cpuSeconds: number; systemSeconds: number; rss: number } {
    const stat = fs.readFileSync(`/proc/${this.child.pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const [user, system] = [Number(fields[11]) / 100, Number(fields[12]) / 100];
    const status = fs.readFileSync(`/proc/${this.child.pid}/status`, 'utf8');
    const peak = Number(/VmHWM:\s*(\d+)/.exec(status)?.[1] ?? 0) * 1024;
    return { cpuSeconds: user + system, systemSeconds: system, rss: peak };
  }

  async stop(): Promise<void> {
    this.stopping = true;
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    this.child.kill('SIGKILL');
    await once(this.child, 'exit');
  }
}

function onPath(program: string): string | undefined {
  try {
    return execFileSync('sh', ['-c', `command -v ${program}`], { encoding: 'utf8' }).trim() || undefined;
  } catch {
    return undefined;
  }
}
