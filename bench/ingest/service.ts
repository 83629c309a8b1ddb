import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
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
      env: { ...process.env, NO_COLOR: '1', DEADAIR_LOG_LEVEL: 'error' },
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
    };
  }

  async stop(): Promise<void> {
    const exited = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    await exited;
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
