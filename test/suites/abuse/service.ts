import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { brotliCompressSync } from 'node:zlib';
import { derivedId } from '../../../src/platform/ids.js';
import { packageRoot } from '../../../src/platform/package-root.js';
import { encodeFrame } from '../../../src/wire/frame-out.js';
import type { FrameHead } from '../../../src/wire/protocol.js';
import { FRAME_CONTENT_TYPE, WIRE_VERSION } from '../../../src/wire/version.js';

export const TOKEN = 'the-operators-own-token';

/** A service in a process of its own, as an operator starts it. */
export class RealService {
  readonly folder = mkdtempSync(path.join(os.tmpdir(), 'deadair-abuse-'));
  readonly data = path.join(this.folder, 'data');
  /** Everything it wrote. */
  output = '';
  url = '';
  private child: ChildProcess | undefined;
  private ended: Promise<number | null> = Promise.resolve(null);

  async start(env: NodeJS.ProcessEnv = { DEADAIR_TOKEN: TOKEN }): Promise<void> {
    const main = path.join(packageRoot, 'dist', 'src', 'cli', 'main.js');
    const child = spawn(process.execPath, [main, 'serve', '--data', this.data, '--port', '0'], {
      cwd: this.folder,
      env: { PATH: process.env.PATH, HOME: this.folder, DEADAIR_LOG_FORMAT: 'json', ...env },
    });
    this.child = child;
    this.ended = new Promise(resolve => child.once('exit', resolve));
    const from = this.output.length;
    for (const stream of [child.stdout!, child.stderr!])
      stream.on('data', bytes => {
        this.output += bytes;
      });
    for (let i = 0; i < 600; i++) {
      const url = /serves (\S+)/.exec(this.output.slice(from))?.[1];
      if (url) {
        this.url = url.replace(/\x1b\[\d+m/g, '');
        return;
      }
      if (child.exitCode !== null) break;
      await new Promise(resolve => setTimeout(resolve, 100));
    }
    throw new Error(`the service did not start:\n${this.output.slice(from)}`);
  }

  /** Peak of its memory, MiB. */
  get peak(): number {
    const status = readFileSync(`/proc/${this.child!.pid}/status`, 'utf8');
    return Math.round(Number(/VmHWM:\s+(\d+)/.exec(status)?.[1]) / 1024);
  }

  signal(name: NodeJS.Signals): void {
    this.child?.kill(name);
  }

  /** @returns exit status, and how long it took, ms */
  async stop(name: NodeJS.Signals = 'SIGTERM'): Promise<{ status: number | null; ms: number }> {
    const began = performance.now();
    this.signal(name);
    const status = await this.ended;
    return { status, ms: performance.now() - began };
  }

  remove(): void {
    this.child?.kill('SIGKILL');
    rmSync(this.folder, { recursive: true, force: true });
  }

  ask(where: string, init: RequestInit = {}, token: string | undefined = TOKEN): Promise<Response> {
    return fetch(this.url + where, {
      ...init,
      headers: { ...(token ? { authorization: `Bearer ${token}` } : {}), ...(init.headers as object) },
    });
  }

  post(where: string, body: unknown, token: string | undefined = TOKEN): Promise<Response> {
    const headers = { 'content-type': 'application/json' };
    return this.ask(where, { method: 'POST', headers, body: JSON.stringify(body) }, token);
  }

  /** One range of one source, as a collector sends it. */
  async send(
    source: SourceOf,
    from: number,
    bytes: Buffer,
    more: Partial<Ranged> = {},
    token?: string,
  ): Promise<Response> {
    const body = brotliCompressSync(frame(source, from, bytes, more));
    const headers = { 'content-type': FRAME_CONTENT_TYPE, 'content-encoding': 'br' };
    return this.ask('/v1/ranges', { method: 'POST', headers, body }, token);
  }

  async lines(query: string): Promise<string[]> {
    const reply = await this.ask(`/v1/search?limit=1000&q=${encodeURIComponent(query)}`);
    if (!reply.ok) throw new Error(`search: ${reply.status} ${await reply.text()}`);
    const found = (await reply.json()) as { records: { deadair: { raw: string } }[] };
    return found.records.map(line => line.deadair.raw);
  }
}

export interface SourceOf {
  host: string;
  agent: string;
}
interface Ranged {
  observedAt: number;
}

export function frame(
  { host, agent }: SourceOf,
  from: number,
  bytes: Buffer,
  more: Partial<Ranged> = {},
): Buffer {
  const now = Date.now();
  const id = derivedId('abuse', host, agent);
  const head = {
    version: WIRE_VERSION,
    collector: 'abuse',
    sentAt: now,
    sources: [{ id, agent, host, path: `/logs/${agent}.log`, head: { length: 0, hash: '' } }],
    entries: [{ kind: 'bytes', source: 0, from, to: from + bytes.length, observedAt: now, ...more }],
  } as FrameHead;
  return encodeFrame(head, [bytes]);
}

export function beat(host: string, agents: string[]): object {
  const now = Date.now();
  return {
    version: WIRE_VERSION,
    collector: 'abuse',
    host,
    agents,
    sentAt: now,
    program: 'abuse',
    startedAt: now,
    files: [],
    diskFree: null,
  };
}
