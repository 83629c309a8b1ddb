import { Agent, request } from 'node:http';
import { derivedId } from '../../src/platform/ids.js';
import { encodeFrame } from '../../src/wire/frame-out.js';
import type { PositionsReply, RangesReply, SourceDescriptor } from '../../src/wire/protocol.js';
import { FRAME_CONTENT_TYPE, WIRE_VERSION } from '../../src/wire/version.js';
import { sleep } from './hosts.js';

/** Written each second. */
const LINES = 20;
const FIRST_WAIT_MS = 250;
const MOST_WAIT_MS = 5000;

/**
 * A collector as the protocol knows it, without files: writes numbered lines of its own, asks for its position at every connection,
 * sends on from there, and waits between tries as collectors do.
 */
export class Follower {
  readonly name: string;
  /** Of the last lines that were acknowledged, performance.now(). */
  servedAt = 0;
  written = 0;
  private text = Buffer.alloc(0);
  private position = 0;
  private finished = false;
  private readonly connection: Agent;
  private readonly source: SourceDescriptor;

  constructor(
    private readonly url: string,
    number: number,
  ) {
    this.name = `agent-${number}`;
    const localAddress = process.platform === 'linux' ? `127.2.${number >> 8}.${number & 255}` : undefined;
    this.connection = new Agent({ keepAlive: true, maxSockets: 2, ...(localAddress && { localAddress }) });
    this.source = {
      id: derivedId('reconnect', this.name),
      agent: this.name,
      host: `host-${this.name}`,
      path: `/logs/${this.name}.log`,
      head: { length: 0, hash: '' },
    };
  }

  /** Until `finish`, and everything written is acknowledged. */
  async run(): Promise<void> {
    const writing = setInterval(() => this.write(), 1000);
    let wait = FIRST_WAIT_MS;
    let known = false;
    while (!this.finished || this.position < this.text.length) {
      if (this.finished) clearInterval(writing);
      try {
        if (!known) await this.askPosition();
        known = true;
        if (this.position < this.text.length) await this.send();
        await this.beat();
        wait = FIRST_WAIT_MS;
        await sleep(500 + Math.random() * 500);
      } catch {
        known = false;
        await sleep(wait * (0.5 + Math.random()));
        wait = Math.min(MOST_WAIT_MS, wait * 2);
      }
    }
    clearInterval(writing);
  }

  finish(): void {
    this.finished = true;
  }

  close(): void {
    this.finished = true;
    this.position = this.text.length;
    this.connection.destroy();
  }

  private write(): void {
    if (this.finished) return;
    const lines = Array.from({ length: LINES }, (_, n) => `INFO ${this.name} line ${this.written + n}\n`);
    this.text = Buffer.concat([this.text, Buffer.from(lines.join(''))]);
    this.written += LINES;
  }

  private async askPosition(): Promise<void> {
    const body = { version: WIRE_VERSION, host: this.source.host, collector: this.name };
    const reply = (await this.post(
      '/v1/positions',
      'application/json',
      JSON.stringify(body),
    )) as PositionsReply;
    this.position = reply.sources.find(({ id }) => id === this.source.id)?.position ?? 0;
  }

  private async send(): Promise<void> {
    const now = Date.now();
    const [from, to] = [this.position, this.text.length];
    const head = {
      version: WIRE_VERSION,
      collector: this.name,
      sentAt: now,
      sources: [this.source],
      entries: [{ kind: 'bytes' as const, source: 0, from, to, observedAt: now }],
    };
    const frame = encodeFrame(head, [this.text.subarray(from, to)]);
    const { outcomes } = (await this.post('/v1/ranges', FRAME_CONTENT_TYPE, frame)) as RangesReply;
    this.position = outcomes[0]!.position;
    this.servedAt = performance.now();
  }

  private async beat(): Promise<void> {
    const now = Date.now();
    const { host, path } = this.source;
    const { name, position } = this;
    const files = [{ path, agent: name, size: this.text.length, position, mtime: now, error: null }];
    const beat = { collector: name, host, agents: [name], sentAt: now, program: 'bench', startedAt: now };
    await this.post(
      '/v1/heartbeat',
      'application/json',
      JSON.stringify({ version: WIRE_VERSION, diskFree: 1e11, files, ...beat }),
    );
  }

  private post(where: string, type: string, body: Uint8Array | string): Promise<unknown> {
    return new Promise((resolve, reject) => {
      const headers = { 'Content-Type': type, 'Content-Length': Buffer.byteLength(body) };
      const sent = request(this.url + where, { method: 'POST', headers, agent: this.connection }, reply => {
        const parts: Buffer[] = [];
        reply.on('data', part => parts.push(part));
        reply.on('end', () => {
          const text = Buffer.concat(parts).toString('utf8');
          if (reply.statusCode === 200) resolve(JSON.parse(text));
          else reject(new Error(`${reply.statusCode}: ${text}`));
        });
        reply.on('error', reject);
      });
      sent.on('error', reject);
      sent.setTimeout(30_000, () => sent.destroy(new Error('no answer')));
      sent.end(body);
    });
  }
}
