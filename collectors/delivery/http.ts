import { readFileSync } from 'node:fs';
import type http from 'node:http';
import type https from 'node:https';
import { DeadairError, messageOf } from '../../src/platform/errors.js';
import type {
  Heartbeat,
  HeartbeatReply,
  PositionsReply,
  PositionsRequest,
  RangesReply,
} from '../../src/wire/protocol.js';
import { FRAME_CONTENT_TYPE } from '../../src/wire/version.js';
import { durationWords } from '../../src/wording/duration.js';
import type { CollectSettings } from '../settings.js';
import { Compressor, chooseEncoding, type Encoding } from './codec.js';
import { heartbeatReply, positionsReply, rangesReply } from './replies.js';
import { type PreparedFrame, type Transport, TransportError } from './transport.js';

/**
 * Not by `import`: that reads every name that node:http gives, of which one is a WebSocket, and Node 24 loads all of undici for it:
 * 12 MB.
 */
const client = { http: process.getBuiltinModule('node:http'), https: process.getBuiltinModule('node:https') };

/** An answer larger than this is none of ours. Positions of 10,000 sources take about 4 MB. */
const MAX_REPLY_BYTES = 64 * 1024 * 1024;

type HttpSettings = Pick<
  CollectSettings,
  'to' | 'token' | 'tokenFile' | 'tls' | 'compression' | 'requestTimeout' | 'limits'
>;

/**
 * The position protocol over kept-alive connections. node:http directly: measured at half the CPU of fetch for a request
 * of 200 KB.
 */
export class HttpTransport implements Transport {
  private readonly agent: http.Agent;
  private readonly base: URL;
  private encoding: Encoding;
  private readonly compressor = new Compressor();
  private readonly running = new Set<http.ClientRequest>();

  constructor(private readonly settings: HttpSettings) {
    this.base = new URL(settings.to.endsWith('/') ? settings.to : `${settings.to}/`);
    this.encoding = settings.compression === 'auto' ? 'gzip' : settings.compression;
    const options = {
      keepAlive: true,
      maxSockets: settings.limits.requests + 1,
      scheduling: 'lifo' as const,
    };
    this.agent =
      this.base.protocol === 'https:'
        ? new client.https.Agent({ ...options, ...readTls(settings.tls) })
        : new client.http.Agent(options);
  }

  agree(reply: PositionsReply): void {
    this.encoding = chooseEncoding(this.settings.compression, reply.encodings);
  }

  async positions(request: PositionsRequest): Promise<PositionsReply> {
    return positionsReply(await this.json('v1/positions', request));
  }

  async heartbeat(heartbeat: Heartbeat, timeoutMs: number): Promise<HeartbeatReply> {
    return heartbeatReply(await this.json('v1/heartbeat', heartbeat, timeoutMs));
  }

  async prepare(frame: Buffer): Promise<PreparedFrame> {
    const encoding = this.encoding;
    const body = await this.compressor.compress(frame, encoding);
    return { body, bytes: lengthOf(body), encoding };
  }

  async ranges(frame: PreparedFrame): Promise<RangesReply> {
    const headers: http.OutgoingHttpHeaders = { 'content-type': FRAME_CONTENT_TYPE };
    if (frame.encoding !== 'identity') headers['content-encoding'] = frame.encoding;
    return rangesReply(await this.post('v1/ranges', frame.body, headers));
  }

  abort(): void {
    for (const request of this.running) request.destroy(new Error('stopped'));
  }

  close(): void {
    this.abort();
    this.agent.destroy();
    this.compressor.close();
  }

  private json(path: string, body: unknown, timeoutMs?: number): Promise<unknown> {
    const headers = { 'content-type': 'application/json' };
    return this.post(path, [Buffer.from(JSON.stringify(body))], headers, timeoutMs);
  }

  private post(
    path: string,
    body: readonly Buffer[],
    headers: http.OutgoingHttpHeaders,
    timeoutMs = this.settings.requestTimeout,
  ): Promise<unknown> {
    let token: string | undefined;
    try {
      token = this.token();
    } catch (error) {
      return Promise.reject(error);
    }
    const { request: send } = this.base.protocol === 'https:' ? client.https : client.http;
    return new Promise((resolve, reject) => {
      const request = send(new URL(path, this.base), {
        method: 'POST',
        agent: this.agent,
        headers: {
          ...headers,
          'content-length': lengthOf(body),
          ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        },
      });
      // One deadline over the whole exchange: a server that takes the bytes and never answers is noticed, too.
      const deadline = setTimeout(
        () => request.destroy(new Error(`no answer within ${durationWords(timeoutMs)}`)),
        timeoutMs,
      );
      this.running.add(request);
      request.on('close', () => this.running.delete(request));
      const fail = (error: Error) => {
        clearTimeout(deadline);
        reject(error instanceof TransportError ? error : new TransportError('network', error.message));
      };
      request.on('error', fail);
      request.on('response', response => {
        readReply(response).then(text => {
          clearTimeout(deadline);
          const status = response.statusCode ?? 0;
          if (status !== 200) reject(failureOf(status, response.headers['retry-after'], text));
          else {
            try {
              resolve(JSON.parse(text));
            } catch {
              reject(
                new TransportError(
                  'refused',
                  `${this.base.host} answered ${path} with something that is not JSON`,
                ),
              );
            }
          }
        }, fail);
      });
      for (const part of body) request.write(part);
      request.end();
    });
  }

  /** Read anew for each request: a token file may be replaced while the collector runs. */
  private token(): string | undefined {
    if (this.settings.tokenFile === undefined) return this.settings.token;
    try {
      return readFileSync(this.settings.tokenFile, 'utf8').trim();
    } catch (cause) {
      throw new TransportError(
        'refused',
        `the token file ${this.settings.tokenFile} can't be read: ${messageOf(cause)}`,
      );
    }
  }
}

function lengthOf(parts: readonly Buffer[]): number {
  return parts.reduce((bytes, part) => bytes + part.length, 0);
}

function readReply(response: http.IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    response.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > MAX_REPLY_BYTES) response.destroy(new Error('the answer is too large'));
      else chunks.push(chunk);
    });
    response.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
    response.on('error', reject);
    response.on('aborted', () => reject(new Error('the connection was cut inside the answer')));
  });
}

function failureOf(status: number, retryAfter: string | undefined, text: string): TransportError {
  let message = `HTTP ${status}`;
  try {
    const reply = JSON.parse(text) as { error?: { message?: string } };
    if (reply.error?.message) message = `${message}: ${reply.error.message}`;
  } catch {
    // A proxy's page: the status says enough.
  }
  if (status === 413) return new TransportError('too-large', message);
  if (status === 415) return new TransportError('encoding', message);
  if (status === 408 || status === 425 || status === 429 || status >= 500)
    return new TransportError('busy', message, parseRetryAfter(retryAfter));
  return new TransportError('refused', message);
}

/** RFC 9110: seconds or a date. */
function parseRetryAfter(value: string | undefined, now: number = Date.now()): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d+$/.test(value.trim())) return Number(value) * 1000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}

function readTls(tls: CollectSettings['tls']): https.AgentOptions {
  const options: https.AgentOptions = {};
  for (const name of ['ca', 'cert', 'key'] as const) {
    const file = tls[name];
    if (file === undefined) continue;
    try {
      options[name] = readFileSync(file);
    } catch (cause) {
      throw new DeadairError('config.unreadable', `the TLS file ${file} can't be read`, {
        subject: `collect.tls.${name}`,
        cause,
      });
    }
  }
  return options;
}
