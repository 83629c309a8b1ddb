import { ApiError, type Client, isAbort } from './client.js';

export interface StreamListener {
  event(name: string, data: string): void;
  state(state: 'live' | 'reconnecting'): void;
  /** No reconnect will help: the question itself is wrong, or there is no session. */
  failed(error: ApiError): void;
}

const MOST_WAIT_MS = 10_000;

/**
 * Server-sent events by fetch, not EventSource: that one can't tell a session that is over from a line that is down. After a broken connection it goes on behind
 * the last event it has seen, so that nothing is missed or doubled.
 */
export class EventStream {
  private readonly stop = new AbortController();
  private after: string | undefined;
  private retry = 0;

  constructor(
    private readonly client: Client,
    /** @param after id of the last event seen */
    private readonly address: (after: string | undefined) => string,
    private readonly listener: StreamListener,
  ) {
    void this.follow();
  }

  close(): void {
    this.stop.abort();
  }

  private async follow(): Promise<void> {
    while (!this.stop.signal.aborted) {
      try {
        await this.once();
      } catch (error) {
        if (isAbort(error)) return;
        if (error instanceof ApiError && error.status >= 400 && error.status < 500 && error.status !== 429) {
          this.listener.failed(error);
          return;
        }
      }
      if (this.stop.signal.aborted) return;
      this.listener.state('reconnecting');
      const wait = Math.min(MOST_WAIT_MS, 500 * 2 ** this.retry++);
      await new Promise(resolve => setTimeout(resolve, wait));
    }
  }

  private async once(): Promise<void> {
    const response = await this.client.fetch(this.address(this.after), {
      signal: this.stop.signal,
      accept: 'text/event-stream',
    });
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    this.listener.state('live');
    let buffer = '';
    for (;;) {
      const { done, value } = await reader.read();
      if (done || this.stop.signal.aborted) return;
      this.retry = 0;
      buffer += value;
      let from = 0;
      for (let end = buffer.indexOf('\n\n'); end >= 0; end = buffer.indexOf('\n\n', from)) {
        this.take(buffer.slice(from, end));
        from = end + 2;
      }
      buffer = buffer.slice(from);
    }
  }

  private take(block: string): void {
    let name = 'message';
    let data = '';
    for (const line of block.split('\n')) {
      const colon = line.indexOf(':');
      if (colon === 0) continue;
      const field = colon < 0 ? line : line.slice(0, colon);
      const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
      if (field === 'event') name = value;
      else if (field === 'data') data += value;
      else if (field === 'id') this.after = value;
    }
    if (data !== '') this.listener.event(name, data);
  }
}
