import { createHash } from 'node:crypto';
import { Agent, request } from 'node:http';
import { derivedId } from '../../src/platform/ids.js';
import { encodeFrame } from '../../src/wire/frame-out.js';
import type { Heartbeat, SourceDescriptor } from '../../src/wire/protocol.js';
import { FRAME_CONTENT_TYPE, WIRE_VERSION } from '../../src/wire/version.js';

/** What became of all requests of the hosts. */
export interface Sent {
  lines: number;
  requests: number;
  /** Told to wait: 429 and 503. */
  pushedBack: number;
  /** ms from the first attempt until it was acknowledged. */
  waits: number[];
}

/** A host with one log and a collector that beats, each on a connection of its own. */
export class Host {
  private readonly connection: Agent;
  private readonly source: SourceDescriptor;
  private readonly name: string;
  private position = 0;
  private beatAt: number | undefined;
  /** Between two heartbeats that were answered, ms. */
  longestPause = 0;

  constructor(
    private readonly url: string,
    number: number,
    private readonly sent: Sent,
  ) {
    this.name = `agent-${number}`;
    // An address of its own, as hosts have: the service counts connections by address. Linux takes any of 127.0.0.0/8.
    const localAddress = process.platform === 'linux' ? `127.1.${number >> 8}.${number & 255}` : undefined;
    this.connection = new Agent({ keepAlive: true, maxSockets: 2, ...(localAddress && { localAddress }) });
    this.source = {
      id: derivedId('storm', this.name),
      agent: this.name,
      host: `host-${this.name}`,
      path: `/logs/${this.name}.log`,
      head: { length: 64, hash: digest(this.name) },
    };
  }

  /** Sends lines and, told to wait, sends them again until they are acknowledged. @param stop gives up then */
  async write(payload: Buffer, lines: number, stop = () => false): Promise<void> {
    const from = this.position;
    const to = from + payload.length;
    const began = performance.now();
    while (!stop()) {
      const now = Date.now();
      const body = encodeFrame(
        {
          version: WIRE_VERSION,
          collector: this.name,
          sentAt: now,
          sources: [this.source],
          entries: [{ kind: 'bytes', source: 0, from, to, observedAt: now }],
        },
        [payload],
      );
      this.sent.requests++;
      const { status, text, retryAfter } = await this.post('/v1/ranges', FRAME_CONTENT_TYPE, body);
      if (status === 200) {
        this.position = to;
        this.sent.lines += lines;
        this.sent.waits.push(performance.now() - began);
        return;
      }
      if (status !== 429 && status !== 503) throw new Error(`HTTP ${status}: ${text}`);
      this.sent.pushedBack++;
      // as collectors do: what is asked for and as much again by chance
      await sleep(retryAfter * (1 + Math.random()) * 1000);
    }
  }

  async beat(): Promise<void> {
    const now = Date.now();
    const { path } = this.source;
    const { position: size, name } = this;
    const beat: Heartbeat = {
      version: WIRE_VERSION,
      collector: name,
      host: this.source.host,
      agents: [name],
      sentAt: now,
      program: 'deadair/bench',
      startedAt: now,
      diskFree: 1e11,
      files: [{ path, agent: name, size, position: size, mtime: now, error: null }],
    };
    await this.post('/v1/heartbeat', 'application/json', Buffer.from(JSON.stringify(beat)));
    const at = performance.now();
    this.longestPause = Math.max(this.longestPause, at - (this.beatAt ?? at));
    this.beatAt = at;
  }

  close(): void {
    this.connection.destroy();
  }

  private post(
    path: string,
    type: string,
    body: Uint8Array,
  ): Promise<{ status: number; text: string; retryAfter: number }> {
    return new Promise((resolve, reject) => {
      const headers = { 'Content-Type': type, 'Content-Encoding': 'identity', 'Content-Length': body.length };
      const options = { method: 'POST', headers, agent: this.connection };
      const sent = request(this.url + path, options, reply => {
        const parts: Buffer[] = [];
        reply.on('data', part => parts.push(part));
        reply.on('end', () =>
          resolve({
            status: reply.statusCode ?? 0,
            text: Buffer.concat(parts).toString('utf8'),
            retryAfter: Number(reply.headers['retry-after'] ?? 1),
          }),
        );
        reply.on('error', reject);
      });
      sent.on('error', reject);
      sent.end(body);
    });
  }
}

export function sleep(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, Math.max(0, ms)));
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
