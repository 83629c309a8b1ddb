import { type ChildProcess, spawn } from 'node:child_process';
import fs from 'node:fs';
import path from 'node:path';
import { packageRoot } from '../../../src/platform/package-root.js';
import { Ledger } from '../../collectors/ledger.js';
import { Receiver } from '../../collectors/receiver.js';

/** Takes the lines of all cases, told apart by host name, and gives back their numbers. */
export interface TortureReceiver {
  readonly name: string;
  start(): Promise<string>;
  /** How often each line was stored: counts[number]. */
  counts(host: string, lines: number): Promise<Uint16Array>;
  gaps(host: string): Promise<number>;
  stop(): Promise<void>;
}

/** The test's own: the position protocol in memory. */
export class LedgerReceiver implements TortureReceiver {
  readonly name = 'test receiver';
  private readonly ledger = new Ledger();
  private readonly receiver = new Receiver(this.ledger);

  start(): Promise<string> {
    return this.receiver.listen();
  }

  async counts(host: string, lines: number): Promise<Uint16Array> {
    const counts = new Uint16Array(lines);
    for (const source of this.ledger.sources.values()) {
      if (source.descriptor.host !== host) continue;
      countLines(counts, Buffer.concat(source.content).toString('latin1'));
    }
    return counts;
  }

  async gaps(host: string): Promise<number> {
    let gaps = 0;
    for (const source of this.ledger.sources.values())
      if (source.descriptor.host === host)
        gaps += source.gaps.filter(({ reason }) => reason !== 'unseen').length;
    return gaps;
  }

  stop(): Promise<void> {
    return this.receiver.close();
  }
}

/** `deadair serve`: the real ingester, parser and store. */
export class ServiceReceiver implements TortureReceiver {
  readonly name = 'deadair serve';
  private child: ChildProcess | undefined;
  private url = '';

  constructor(
    private readonly data: string,
    private readonly port: number,
  ) {}

  async start(): Promise<string> {
    const main = path.join(packageRoot, 'dist/src/cli/main.js');
    const log = fs.openSync(`${this.data}.log`, 'w');
    this.child = spawn(process.execPath, [main, 'serve', '--data', this.data, '--port', String(this.port)], {
      stdio: ['ignore', log, log],
    });
    this.url = `http://127.0.0.1:${this.port}`;
    for (let attempt = 0; attempt < 150; attempt++) {
      const up = await fetch(`${this.url}/healthz`).then(
        reply => reply.ok,
        () => false,
      );
      if (up) return this.url;
      await new Promise(resolve => setTimeout(resolve, 200));
    }
    throw new Error(`deadair serve did not come up: see ${this.data}.log`);
  }

  async counts(host: string, lines: number): Promise<Uint16Array> {
    const counts = new Uint16Array(lines);
    let cursor: string | undefined;
    do {
      const query = new URLSearchParams({
        q: `host:${host}`,
        order: 'oldest',
        limit: '1000',
        ...(cursor ? { cursor } : {}),
      });
      const reply = await fetch(`${this.url}/v1/search?${query}`);
      if (!reply.ok) throw new Error(`search: ${reply.status} ${await reply.text()}`);
      const page = (await reply.json()) as { records: { message: string }[]; cursor?: string };
      for (const record of page.records) count(counts, record.message);
      cursor = page.cursor;
    } while (cursor !== undefined);
    return counts;
  }

  async gaps(): Promise<number> {
    return 0;
  }

  async stop(): Promise<void> {
    this.child?.kill('SIGTERM');
  }
}

/** Counts the writer's numbered lines in a text. */
export function countLines(counts: Uint16Array, text: string): void {
  for (const line of text.split('\n')) count(counts, line);
}

function count(counts: Uint16Array, line: string): void {
  const number = /line (\d+) .*end$/.exec(line)?.[1];
  if (number !== undefined && Number(number) < counts.length) counts[Number(number)]!++;
}
