import type { AlertMessage } from '../message.js';

/** A way to people. One call is one attempt: recording, order and retry are the outbox's. */
export interface Channel {
  readonly name: string;
  readonly kind: string;
  /**
   * Resolves when the other side has taken the message.
   * @param signal aborts at the channel's time limit or when Deadair stops
   * @throws ChannelError, or anything else, which counts as worth a retry
   */
  send(message: AlertMessage, signal: AbortSignal): Promise<void>;
  /** Frees what the channel holds open. */
  close?(): void;
}

export class ChannelError extends Error {
  /** This very message is not taken (too large, malformed): trying again for days would only block the others. */
  readonly permanent: boolean;
  /** The receiver asked to wait. */
  readonly retryAfterMs: number | undefined;

  constructor(
    message: string,
    details: { permanent?: boolean; retryAfterMs?: number; cause?: unknown } = {},
  ) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'ChannelError';
    this.permanent = details.permanent ?? false;
    this.retryAfterMs = details.retryAfterMs;
  }
}
