import type { Client } from '@elastic/elasticsearch';
import type { Clock } from '../../platform/clock.js';
import { DeadairError } from '../../platform/errors.js';
import { type Logger, silentLogger } from '../../platform/logger.js';
import { type BulkLine, bodyOf } from './bulk-lines.js';
import { asStoreError, failureOf, fullError, isFull, isPassing, type ServerError } from './errors.js';

/** One item of a bulk reply, as far as `FILTER` lets it through. */
export interface BulkItemReply {
  status: number;
  error?: ServerError;
  /** `used`: the document lies in the failure store although the status says 201. */
  failure_store?: string;
  _seq_no?: number;
  _primary_term?: number;
}

/** Replies are a tenth as long so, and a tenth as dear to parse. */
const FILTER = 'items.*.status,items.*.error.type,items.*.error.reason,items.*.failure_store';
export const FILTER_VERSIONS = `${FILTER},items.*._seq_no,items.*._primary_term`;

const NDJSON = { 'content-type': 'application/x-ndjson', accept: 'application/json' };

/**
 * One bulk request.
 * @throws DeadairError `unavailable` when the reply has fewer items than were sent; whatever the transport throws
 */
export async function sendBulk(
  client: Client,
  index: string,
  body: string | Buffer,
  count: number,
  options: { filter?: string; refresh?: boolean } = {},
): Promise<BulkItemReply[]> {
  const reply = (await client.transport.request(
    {
      method: 'POST',
      path: `/${index}/_bulk`,
      querystring: { filter_path: options.filter ?? FILTER, ...(options.refresh ? { refresh: 'true' } : {}) },
      bulkBody: body,
    },
    { headers: NDJSON },
  )) as { items?: Record<string, BulkItemReply>[] };
  const items = (reply.items ?? []).map(item => Object.values(item)[0]!);
  if (items.length !== count)
    throw new DeadairError(
      'unavailable',
      `Elasticsearch answered ${items.length} of ${count} documents; they are sent again.`,
      { subject: 'store.elasticsearch', retryAfterSeconds: 1 },
    );
  return items;
}

export interface Refused {
  line: BulkLine;
  error: ServerError;
}

export interface BulkWriterDeps {
  client: Client;
  clock: Clock;
  /** 0 ≤ x < 1, for jitter. */
  random?: () => number;
  logger?: Logger;
  settings: { bulkSize: number; bulkRequests: number };
}

/** Bytes of log that suit a commit: some bulks of the usual size. */
export const BATCH_BYTES = 4 * 1024 * 1024;

const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 5000;

/**
 * Sends lines in bounded batches, several at once, and comes back when Elasticsearch has every one of them. The client's own
 * helper is not used: it gives up at one 429 and takes a short reply for success (docs/decisions/0007-own-bulk.md).
 */
export class BulkWriter {
  private readonly logger: Logger;
  private sending = 0;
  private readonly waiting: (() => void)[] = [];
  private readonly random: () => number;

  constructor(private readonly deps: BulkWriterDeps) {
    this.logger = deps.logger ?? silentLogger;
    this.random = deps.random ?? Math.random;
  }

  /**
   * @param deadline monotonic ms after which nothing is sent again
   * @param stored which of these lines lie in the index already, under whatever backing index: asked when a request
   *   broke off and nobody knows what became of it. A data stream's ids are unique in one backing index only.
   * @returns lines the index will not take (a mapping conflict, say)
   * @throws DeadairError `unavailable`, `store.full`; some lines may be stored then
   */
  async create(
    index: string,
    lines: readonly BulkLine[],
    deadline: number,
    stored: (lines: readonly BulkLine[]) => Promise<ReadonlySet<string>>,
  ): Promise<Refused[]> {
    const batches = this.cut(lines);
    const refused: Refused[] = [];
    let next = 0;
    let failed = false;
    const worker = async () => {
      for (let batch = batches[next++]; batch && !failed; batch = batches[next++])
        try {
          refused.push(...(await this.batch(index, batch, deadline, stored)));
        } catch (thrown) {
          failed = true;
          throw thrown;
        }
    };
    const workers = Array.from({ length: Math.min(this.deps.settings.bulkRequests, batches.length) }, worker);
    // Nothing may still be under way when the caller hears of a failure.
    const failure = (await Promise.allSettled(workers)).find(one => one.status === 'rejected');
    if (failure) throw failure.reason;
    return refused;
  }

  /** As few as the limit allows, of about the same size: what is a little over it makes no bulk of a few lines. */
  private cut(lines: readonly BulkLine[]): BulkLine[][] {
    const { bulkSize } = this.deps.settings;
    const total = lines.reduce((sum, { bytes }) => sum + bytes, 0);
    const wanted = total / Math.ceil(total / bulkSize);
    const batches: BulkLine[][] = [];
    let batch: BulkLine[] = [];
    let size = 0;
    for (const line of lines) {
      if (batch.length > 0 && (size >= wanted || size + line.bytes > bulkSize)) {
        batches.push(batch);
        batch = [];
        size = 0;
      }
      batch.push(line);
      size += line.bytes;
    }
    if (batch.length > 0) batches.push(batch);
    return batches;
  }

  private async batch(
    index: string,
    batch: BulkLine[],
    deadline: number,
    stored: (lines: readonly BulkLine[]) => Promise<ReadonlySet<string>>,
  ): Promise<Refused[]> {
    const { client } = this.deps;
    const refused: Refused[] = [];
    let waiting = batch;
    let doubtful = false;
    for (let attempt = 0; waiting.length > 0; attempt++) {
      let trouble: DeadairError;
      try {
        if (doubtful) {
          const there = await stored(waiting);
          waiting = waiting.filter(line => !there.has(line.id));
          doubtful = false;
          if (waiting.length === 0) break;
        }
        const replies = await this.inTurn(() => sendBulk(client, index, bodyOf(waiting), waiting.length));
        const outcome = judge(waiting, replies);
        refused.push(...outcome.refused);
        waiting = outcome.again;
        if (waiting.length === 0) break;
        trouble = outcome.trouble!;
      } catch (thrown) {
        const { status } = failureOf(thrown);
        if (status === 413 && waiting.length > 1) {
          const half = waiting.length >> 1;
          refused.push(...(await this.batch(index, waiting.slice(0, half), deadline, stored)));
          waiting = waiting.slice(half);
          attempt = -1;
          continue;
        }
        // An answer of "busy" means that nothing was stored; without an answer anything may have been.
        if (status === 0) doubtful = true;
        else if (!isPassing(status)) throw asStoreError(thrown, 'storing lines');
        trouble = asStoreError(thrown, 'storing lines');
      }
      await this.pause(attempt, trouble, deadline);
    }
    return refused;
  }

  /** Of all callers no more requests are under way than the setting says. */
  private async inTurn<T>(send: () => Promise<T>): Promise<T> {
    if (this.sending >= this.deps.settings.bulkRequests)
      await new Promise<void>(resolve => {
        this.waiting.push(resolve);
      });
    else this.sending++;
    try {
      return await send();
    } finally {
      const next = this.waiting.shift();
      if (next) next();
      else this.sending--;
    }
  }

  /** Waits, ever longer, before the next attempt. @throws the trouble itself when the time is up */
  private async pause(attempt: number, trouble: DeadairError, deadline: number): Promise<void> {
    const { clock } = this.deps;
    const full = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** Math.min(attempt, 10));
    const wait = full / 2 + (full / 2) * this.random();
    // A full disk is told at once: collectors keep their bytes, and the operator must act.
    if (trouble.code === 'store.full' || clock.monotonic() + wait > deadline) throw trouble;
    this.logger.debug('elasticsearch.again', { attempt, wait: Math.round(wait), why: trouble.message });
    await new Promise<void>(resolve => {
      clock.after(wait, resolve);
    });
  }
}

function judge(
  lines: readonly BulkLine[],
  replies: BulkItemReply[],
): { again: BulkLine[]; refused: Refused[]; trouble: DeadairError | undefined } {
  const again: BulkLine[] = [];
  const refused: Refused[] = [];
  let trouble: DeadairError | undefined;
  replies.forEach(({ status, error = {}, failure_store: failureStore }, i) => {
    const line = lines[i]!;
    if (status === 409) return; // stored by an earlier attempt
    if (status < 300) {
      if (failureStore === 'used')
        refused.push({ line, error: { type: 'failure_store', reason: 'it went to the failure store' } });
      return;
    }
    if (isFull(error)) trouble = fullError(error);
    else if (status === 400) {
      refused.push({ line, error });
      return;
    } else if (isPassing(status) || status >= 500)
      trouble ??= new DeadairError(
        'unavailable',
        `Elasticsearch is too busy to store lines (${error.reason ?? error.type ?? status}).`,
        { subject: 'store.elasticsearch', retryAfterSeconds: 5 },
      );
    else throw rejected(status, error);
    again.push(line);
  });
  return { again, refused, trouble };
}

function rejected(status: number, error: ServerError): DeadairError {
  const said = error.reason ?? error.type ?? `status ${status}`;
  const blocked = error.type === 'cluster_block_exception';
  return new DeadairError(
    blocked ? 'store.read-only' : 'unavailable',
    blocked
      ? `The lines' index takes no writes (${said}): remove its block.`
      : `Elasticsearch refuses lines (${said}): run \`deadair elasticsearch check\`.`,
    { subject: 'store.elasticsearch', retryAfterSeconds: 30 },
  );
}
