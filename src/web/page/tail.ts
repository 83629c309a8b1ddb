import { type Api, ApiError, isAbort, type LineRecord } from './api.js';

export interface TailListener {
  lines(records: LineRecord[]): void;
  /** Lines the service left out because this page could not keep up. */
  skipped(lines: number, atLeast: boolean): void;
  state(state: 'live' | 'reconnecting'): void;
  /** The connection is back, but from where to go on was not known yet: lines may be missing. */
  missed(): void;
  /** The query can't be followed; no reconnect will help. */
  failed(error: ApiError): void;
}

/**
 * Follows /v1/tail by fetch, not EventSource: that one can't send the token, and reconnects without being told from where.
 * After a broken connection it goes on behind the last commit it has seen, so nothing is missed or doubled.
 */
export class Tail {
  private readonly stop = new AbortController();
  private after: string | undefined;
  private retry = 0;
  private opened = false;
  /** What this connection was told to go on behind. */
  private resumed: string | undefined;

  constructor(
    private readonly api: Api,
    private readonly parameters: URLSearchParams,
    private readonly listener: TailListener,
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
      await new Promise(resolve => setTimeout(resolve, Math.min(10_000, 500 * 2 ** this.retry++)));
    }
  }

  private async once(): Promise<void> {
    const parameters = new URLSearchParams(this.parameters);
    this.resumed = this.after;
    if (this.after !== undefined) parameters.set('after', this.after);
    const response = await this.api.fetch(`/v1/tail?${parameters}`, { signal: this.stop.signal });
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    let buffer = '';
    for (;;) {
      const { done, value } = await reader.read();
      if (done || this.stop.signal.aborted) return;
      buffer += value;
      for (let end = buffer.indexOf('\n\n'); end >= 0; end = buffer.indexOf('\n\n')) {
        this.event(buffer.slice(0, end));
        buffer = buffer.slice(end + 2);
      }
    }
  }

  private event(block: string): void {
    let name = 'message';
    let data = '';
    for (const line of block.split('\n')) {
      const colon = line.indexOf(':');
      const field = colon < 0 ? line : line.slice(0, colon);
      const value = colon < 0 ? '' : line.slice(colon + 1).replace(/^ /, '');
      if (field === 'event') name = value;
      else if (field === 'data') data += value;
      else if (field === 'id') this.after = value;
    }
    if (name === 'open') {
      this.retry = 0;
      this.listener.state('live');
      if (this.opened && this.resumed === undefined) this.listener.missed();
      this.opened = true;
    } else if (name === 'lines') this.listener.lines((JSON.parse(data) as { records: LineRecord[] }).records);
    else if (name === 'skipped') {
      const { lines, atLeast } = JSON.parse(data) as { lines: number; atLeast: boolean };
      this.listener.skipped(lines, atLeast);
    }
  }
}
