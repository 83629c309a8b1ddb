import { Agent, request } from 'node:http';
import { FRAME_CONTENT_TYPE } from '../../src/wire/version.js';
import type { ReadyFrame } from './frames.js';

/** Posts ready requests as collectors do: those of one agent one after the other, the agents side by side. */
export class FrameClient {
  private readonly connections = new Agent({ keepAlive: true });
  /** ms from when each request was due until it was acknowledged. */
  readonly waits: number[] = [];
  retries = 0;

  constructor(
    private readonly url: string,
    private readonly encoding: string,
  ) {}

  /** As fast as the service takes them. */
  async atOnce(frames: readonly ReadyFrame[]): Promise<void> {
    await this.byAgent(frames, async frame => {
      await this.post(frame.body, performance.now());
    });
  }

  /** Each when its lines have been written, but not before the agent's last one was acknowledged. */
  async paced(frames: readonly ReadyFrame[]): Promise<void> {
    const began = performance.now();
    await this.byAgent(frames, async frame => {
      const due = began + frame.due;
      const early = due - performance.now();
      if (early > 0) await new Promise(resolve => setTimeout(resolve, early));
      await this.post(frame.body, early > 0 ? performance.now() : due);
    });
  }

  close(): void {
    this.connections.destroy();
  }

  private async byAgent(frames: readonly ReadyFrame[], send: (frame: ReadyFrame) => Promise<void>) {
    const agents = [...new Set(frames.map(frame => frame.agent))];
    await Promise.all(
      agents.map(async agent => {
        for (const frame of frames) if (frame.agent === agent) await send(frame);
      }),
    );
  }

  private async post(body: Buffer, since: number): Promise<void> {
    for (;;) {
      const { status, text } = await this.once(body);
      if (status === 200) break;
      if (status !== 429 && status !== 503) throw new Error(`HTTP ${status}: ${text}`);
      this.retries++;
      await new Promise(resolve => setTimeout(resolve, 1000));
    }
    this.waits.push(performance.now() - since);
  }

  private once(body: Buffer): Promise<{ status: number; text: string }> {
    return new Promise((resolve, reject) => {
      const headers = {
        'Content-Type': FRAME_CONTENT_TYPE,
        'Content-Encoding': this.encoding,
        'Content-Length': body.length,
      };
      const sent = request(
        `${this.url}/v1/ranges`,
        { method: 'POST', headers, agent: this.connections },
        reply => {
          const parts: Buffer[] = [];
          reply.on('data', part => parts.push(part));
          reply.on('end', () =>
            resolve({ status: reply.statusCode ?? 0, text: Buffer.concat(parts).toString('utf8') }),
          );
          reply.on('error', reject);
        },
      );
      sent.on('error', reject);
      sent.end(body);
    });
  }
}

/** Asks one query after the other over the API, as somebody looking for something does. */
export class Asker {
  /** ms each took. */
  readonly took: number[] = [];
  private going = true;

  constructor(
    private readonly url: string,
    private readonly paths: readonly string[],
  ) {}

  /** Runs until `stop`. @param pause ms between two */
  async run(pause: number): Promise<void> {
    for (let i = 0; this.going; i++) {
      const since = performance.now();
      const reply = await fetch(this.url + this.paths[i % this.paths.length]!);
      if (!reply.ok) throw new Error(`HTTP ${reply.status}: ${await reply.text()}`);
      await reply.arrayBuffer();
      this.took.push(performance.now() - since);
      await new Promise(resolve => setTimeout(resolve, pause));
    }
  }

  stop(): void {
    this.going = false;
  }
}
