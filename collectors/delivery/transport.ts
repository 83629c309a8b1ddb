import type {
  Heartbeat,
  HeartbeatReply,
  PositionsReply,
  PositionsRequest,
  RangesReply,
} from '../../src/wire/protocol.js';

/** The way to the ingester: HTTP (http.ts), or a call in the same process (`deadair up`). */
export interface Transport {
  positions(request: PositionsRequest): Promise<PositionsReply>;
  /** Makes the frame ready to be sent, perhaps several times: compressed. The frame's memory is free afterwards. */
  prepare(frame: Buffer): Promise<PreparedFrame>;
  ranges(frame: PreparedFrame): Promise<RangesReply>;
  /** @param timeoutMs when an answer is not waited for any longer; the connection is given up with it */
  heartbeat(heartbeat: Heartbeat, timeoutMs: number): Promise<HeartbeatReply>;
  /** Uses what the server's positions reply says it takes. */
  agree(reply: PositionsReply): void;
  /** Ends the requests that are under way; later ones work. */
  abort(): void;
  close(): void;
}

export interface PreparedFrame {
  /** In parts, to be sent one after the other. */
  body: readonly Buffer[];
  /** Of all parts. */
  bytes: number;
  encoding: string;
}

/**
 * Why a request brought no result. `network` (no connection, cut, no answer in time) and `busy` (429, 5xx): the same
 * again later. `too-large`, `encoding`: read anew and send differently. `refused`: the server won't have it until
 * somebody changes a setting, so wait longer and say it.
 */
export class TransportError extends Error {
  constructor(
    readonly kind: 'network' | 'busy' | 'too-large' | 'encoding' | 'refused',
    message: string,
    readonly retryAfterMs: number | undefined = undefined,
  ) {
    super(message);
    this.name = 'TransportError';
  }
}
