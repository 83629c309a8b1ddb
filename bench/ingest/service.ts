import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const CLI = fileURLToPath(new URL('../../src/cli/main.js', import.meta.url));

/** What the service says of itself at /metrics, as far as the bench wants it. */
export interface Usage {
  cpuSeconds: number;
  /** Largest resident set so far where the system tells (Linux), else the present one. Bytes. */
  peakBytes: number;
  /** Of the main event loop since the last call, seconds; the monitor's own 10 ms are in it. */
  loopP99: number;
  /** By thread name; what ended is not in it. Empty where the system doesn't tell. */
  threads: Map<string, number>;
}

/** `deadair serve` in a process of its own, as a user starts it. */
export class ServiceProcess {
  private constructor(
    private readonly child: ChildProcess,
    readonly url: string,
  ) {}

  /** @param flags of node */
  static async start(directory: string, flags: string[]): Promise<ServiceProcess> {
    const child = spawn(process.execPath, [...flags, CLI, 'serve', '--data', directory, '--port', '0'], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { MALLOC_ARENA_MAX: '1', ...process.env, NO_COLOR: '1', DEADAIR_LOG_LEVEL: 'error' },
      cwd: directory,
    });
    for await (const line of createInterface(child.stdout!)) {
      const url = /serves (http:\S+)/.exec(line)?.[1];
      if (url) return new ServiceProcess(child, url);
    }
    throw new Error('The service ended before it served; see above.');
  }

  async usage(): Promise<Usage> {
    const text = await (await fetch(`${this.url}/metrics`)).text();
    const value = (name: string) => Number(new RegExp(`^${name} (.*)$`, 'm').exec(text)?.[1]);
    return {
      cpuSeconds: value('process_cpu_seconds_total'),
      peakBytes: this.peak() ?? value('process_resident_memory_bytes'),
      loopP99: value('nodejs_eventloop_lag_p99_seconds'),
      threads: this.threads(),
    };
  }

  async stop(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const exited = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    await exited;
  }

  /** CPU seconds so far. `node` are V8's and libuv's helpers; the main thread has the number of the process. */
  private threads(): Map<string, number> {
    const spent = new Map<string, number>();
    try {
      const folder = `/proc/${this.child.pid}/task`;
      for (const thread of readdirSync(folder)) {
        // After the name in parentheses: state is the 3rd field, user and system ticks the 14th and 15th.
        const stat = readFileSync(`${folder}/${thread}/stat`, 'utf8');
        const [, own, rest] = /\((.*)\) (.*)/.exec(stat)!;
        const fields = rest!.split(' ');
        const name = Number(thread) === this.child.pid ? 'main' : own!;
        spent.set(name, (spent.get(name) ?? 0) + (Number(fields[11]) + Number(fields[12])) / 100);
      }
    } catch {
      // Not Linux, or a thread ended just now.
    }
    return spent;
  }

  private peak(): number | undefined {
    try {
      const status = readFileSync(`/proc/${this.child.pid}/status`, 'utf8');
      return Number(/^VmHWM:\s*(\d+) kB$/m.exec(status)?.[1]) * 1024;
    } catch {
      return undefined;
    }
  }
}
