import http from 'node:http';
import https from 'node:https';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import zlib from 'node:zlib';
import { decodeFrame } from '../../src/wire/frame.js';
import { Heartbeat, PositionsRequest } from '../../src/wire/protocol.js';
import { Ledger } from './ledger.js';

const decoders: Record<string, (body: Buffer) => Promise<Buffer>> = {
  br: promisify(zlib.brotliDecompress),
  gzip: promisify(zlib.gunzip),
  identity: async body => body,
};
const zstdDecompress = (zlib as { zstdDecompress?: unknown }).zstdDecompress as
  | typeof zlib.gunzip
  | undefined;
if (zstdDecompress) decoders.zstd = promisify(zstdDecompress);

/** What the receiver does with requests instead of answering them. */
export type Trouble =
  | { kind: 'status'; status: number; retryAfter?: string }
  /** Takes the request and never answers. */
  | { kind: 'hang' }
  /** Stores, then cuts the connection instead of acknowledging. */
  | { kind: 'lose-answer' }
  /** Cuts the connection before storing. */
  | { kind: 'cut' };

/** A real HTTP server that speaks the position protocol on a free port of the loopback. */
export class Receiver {
  trouble: Trouble | undefined;
  requests = 0;
  wireBytes = 0;
  encodingsSeen = new Set<string>();
  authorizations = new Set<string>();
  private server: http.Server | undefined;
  private waiters: (() => void)[] = [];

  constructor(
    readonly ledger: Ledger = new Ledger(),
    private readonly tls?: https.ServerOptions,
  ) {
    // Only those that this Node can decode.
    ledger.encodings = ledger.encodings.filter(encoding => encoding in decoders);
  }

  /** @returns the URL */
  async listen(port = 0, address = '127.0.0.1'): Promise<string> {
    const handler: http.RequestListener = (request, response) => {
      this.handle(request, response).catch(error => {
        response.statusCode = 400;
        response.end(JSON.stringify({ error: { code: 'request.invalid', message: String(error) } }));
      });
    };
    const server = this.tls ? https.createServer(this.tls, handler) : http.createServer(handler);
    this.server = server;
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, address, resolve);
    });
    return `${this.tls ? 'https' : 'http'}://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  /** Away, as after a crash: every connection is cut. `listen(port)` brings it back. */
  async close(): Promise<void> {
    const server = this.server;
    this.server = undefined;
    if (!server) return;
    await new Promise<void>(resolve => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  }

  /** Waits until the condition holds; looked at after every request. */
  async until(condition: () => boolean, what: string, deadlineMs = 10_000): Promise<void> {
    const deadline = performance.now() + deadlineMs;
    while (!condition()) {
      const left = deadline - performance.now();
      if (left <= 0) throw new Error(`not within ${deadlineMs} ms: ${what}`);
      await new Promise<void>(resolve => {
        const timer = setTimeout(resolve, Math.min(left, 200));
        this.waiters.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }

  private async handle(request: http.IncomingMessage, response: http.ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    this.authorizations.add(request.headers.authorization ?? '');
    const reply = await this.answer(request.url ?? '', request.headers['content-encoding'], body, response);
    if (reply !== undefined) {
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify(reply));
    }
    const waiters = this.waiters;
    this.waiters = [];
    for (const wake of waiters) wake();
  }

  private async answer(
    path: string,
    encoding: string | undefined,
    body: Buffer,
    response: http.ServerResponse,
  ): Promise<unknown> {
    if (path === '/v1/heartbeat') {
      this.ledger.heartbeats.push(Heartbeat.parse(JSON.parse(body.toString())));
      return { version: 1, now: Date.now(), heartbeatSeconds: 5 };
    }
    const trouble = this.trouble;
    if (trouble?.kind === 'status') {
      response.statusCode = trouble.status;
      if (trouble.retryAfter !== undefined) response.setHeader('retry-after', trouble.retryAfter);
      return { error: { code: 'unavailable', message: 'as the test wishes' } };
    }
    if (trouble?.kind === 'hang') return undefined;
    if (trouble?.kind === 'cut') {
      response.destroy();
      return undefined;
    }
    if (path === '/v1/positions')
      return this.ledger.positions(PositionsRequest.parse(JSON.parse(body.toString())).host);
    this.requests++;
    this.wireBytes += body.length;
    this.encodingsSeen.add(encoding ?? 'identity');
    const reply = this.ledger.take(decodeFrame(await decoders[encoding ?? 'identity']!(body)));
    if (trouble?.kind === 'lose-answer') {
      response.destroy();
      return undefined;
    }
    return reply;
  }
}
