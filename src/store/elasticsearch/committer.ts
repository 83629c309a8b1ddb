import type { Client } from '@elastic/elasticsearch';
import type { Clock } from '../../platform/clock.js';
import { asDeadairError, DeadairError } from '../../platform/errors.js';
import { type Logger, silentLogger } from '../../platform/logger.js';
import { durationWords } from '../../wording/duration.js';
import type { AppendReceipt, SourceAppend } from '../store.js';
import type { BulkLine, BulkWriter, Refused } from './bulk.js';
import { asStoreError } from './errors.js';
import type { IndexNames } from './names.js';
import { checkPosition, emptyPlan, extend, type SourcePlan } from './plan.js';
import type { Pending, Positions, Recovered, SourceEntry } from './positions.js';
import { mayLive } from './sources.js';

export interface CommitterDeps {
  client: Client;
  names: IndexNames;
  bulk: BulkWriter;
  ledger: Positions;
  clock: Clock;
  /** This ingester, in claims (sources.ts). */
  writer: string;
  logger?: Logger;
  /** Newest commit that is stored. */
  seq: number;
  /** Told of the lines of commits (from, to], when they are stored and before that is told to anybody. */
  onStored?: (lines: readonly BulkLine[], from: number, to: number) => void;
}

interface Waiting {
  appends: SourceAppend[];
  resolve: (receipt: AppendReceipt) => void;
  reject: (error: unknown) => void;
}

/** After a claim nothing is sent for longer than this … */
const WRITE_MS = 90_000;
/** … so that another ingester may take the source over when the claim is this old. The difference bears clocks that disagree. */
const TAKE_OVER_MS = 120_000;
/** Lines committed together at most; a longer wait helps nobody. */
const GROUP_LINES = 200_000;
const SEARCH_PAGE = 10_000;
const ATTEMPTS_KEPT = 20;
/** Commits are numbered by time (half microseconds): several ingesters need no common counter, and a double holds them until 2109. */
export const SEQ_PER_MS = 2048;

/**
 * Stores lines exactly once in a server without transactions, in three steps:
 *
 * 1. claim: each source's document says "lines are being written up to T" (`pending`), over the version that was read;
 * 2. the lines, under ids made of source and offset;
 * 3. the source's document with the new position and without the claim.
 *
 * Only then it is acknowledged. A crash before 3 leaves the claim: whoever writes that source next finds it, looks which
 * lines beyond the position are stored already, in whichever backing index, and leaves those out. Ids alone would not do:
 * they are unique within one backing index, and a rollover may lie between the attempts.
 */
export class Committer {
  private readonly logger: Logger;
  private queue: Waiting[] = [];
  private working: Promise<void> | undefined;
  private lastSeq: number;

  constructor(private readonly deps: CommitterDeps) {
    this.logger = deps.logger ?? silentLogger;
    this.lastSeq = deps.seq;
  }

  /** The newest commit there is. */
  get newest(): number {
    return this.lastSeq;
  }

  /** Commits go on after this one. */
  goOnAfter(seq: number): void {
    this.lastSeq = Math.max(this.lastSeq, seq);
  }

  append(appends: SourceAppend[]): Promise<AppendReceipt> {
    return new Promise((resolve, reject) => {
      this.queue.push({ appends, resolve, reject });
      this.working ??= this.work();
    });
  }

  async close(): Promise<void> {
    await this.working;
  }

  private async work(): Promise<void> {
    // What comes in the same turn of the loop shares a commit.
    await Promise.resolve();
    while (this.queue.length > 0) {
      const group = this.nextGroup();
      try {
        await this.commit(group);
      } catch (thrown) {
        const error = asDeadairError(thrown);
        for (const { reject } of group) reject(error);
      }
    }
    this.working = undefined;
  }

  private nextGroup(): Waiting[] {
    let lines = 0;
    let count = 0;
    while (count < this.queue.length && (count === 0 || lines < GROUP_LINES))
      for (const { records } of this.queue[count++]!.appends) lines += records?.count ?? 0;
    return this.queue.splice(0, count);
  }

  private async commit(group: Waiting[]): Promise<void> {
    const { ledger } = this.deps;
    await ledger.load(group.flatMap(({ appends }) => appends.map(({ source }) => source.id)));
    const plans = new Map<string, SourcePlan>();
    const done: { waiting: Waiting; receipt: AppendReceipt }[] = [];
    for (const waiting of group)
      try {
        check(waiting.appends, plans, ledger);
        const seq = this.nextSeq();
        let lines = 0;
        for (const append of waiting.appends) {
          const plan = plans.get(append.source.id) ?? emptyPlan(append, ledger.get(append.source.id));
          plans.set(append.source.id, plan);
          lines += extend(plan, append, seq);
        }
        done.push({ waiting, receipt: { seq, lines } });
      } catch (thrown) {
        // What is known here may be old: the next attempt reads it anew.
        ledger.forget(waiting.appends.map(({ source }) => source.id).filter(id => !plans.has(id)));
        waiting.reject(thrown);
      }
    const all = [...plans.values()];
    const lines = all.flatMap(plan => plan.lines);
    await this.store(all);
    if (done.length > 0) this.deps.onStored?.(lines, done[0]!.receipt.seq - 1, this.lastSeq);
    for (const { waiting, receipt } of done) waiting.resolve(receipt);
  }

  /**
   * Stores what plans say, in the three steps above; for appends, and for lines that come from another store.
   * @throws DeadairError
   */
  async store(all: SourcePlan[]): Promise<void> {
    const { ledger, clock } = this.deps;
    const deadline = clock.monotonic() + WRITE_MS;
    const doubtful = all.filter(({ before }) => (before ? before.document.state.pending : ledger.alone));
    if (!ledger.alone) for (const { before } of doubtful) this.mustBeFree(before!.document.state.pending!);
    await this.claim(all.filter(plan => plan.lines.length > 0));
    if (doubtful.length > 0) await this.leaveOutStored(doubtful);
    await this.create(all, deadline);
    await ledger.settle({
      sources: all.map(plan => ({ document: acknowledged(plan), version: this.versionOf(plan) })),
      gaps: all.flatMap(plan => plan.gaps),
      marks: all.flatMap(plan => plan.marks),
    });
  }

  private nextSeq(): number {
    this.lastSeq = Math.max(this.lastSeq + 1, Math.floor(this.deps.clock.now() * SEQ_PER_MS));
    return this.lastSeq;
  }

  /** @throws DeadairError `unavailable` while another living ingester may still be writing */
  private mustBeFree({ at, by }: Pending): void {
    const age = this.deps.clock.now() - at;
    if (by === this.deps.writer || !mayLive(by) || age > TAKE_OVER_MS || age < -TAKE_OVER_MS) return;
    throw new DeadairError(
      'unavailable',
      `Another ingester (${by}) is writing this source; it is taken over ${durationWords(TAKE_OVER_MS)} after its claim.`,
      { retryAfterSeconds: 5 },
    );
  }

  private async claim(plans: SourcePlan[]): Promise<void> {
    const { clock, writer, ledger } = this.deps;
    const at = clock.now();
    const claims = plans.map(({ before, initial, after }): SourceEntry => {
      const { position, seq } = after.state;
      const earlier = initial.state.pending;
      const pending: Pending = {
        seqs: [...(earlier?.seqs ?? []), seq].slice(-ATTEMPTS_KEPT),
        to: Math.max(position, earlier?.to ?? 0),
        at,
        by: writer,
      };
      return {
        document: { ...initial, state: { ...initial.state, pending } },
        version: before?.version,
      };
    });
    await ledger.claim(claims);
  }

  private versionOf(plan: SourcePlan): SourceEntry['version'] {
    return this.deps.ledger.get(plan.after.state.id)?.version;
  }

  /** Of sources with an attempt that broke off: the lines that are stored need not, must not, be sent again. */
  private async leaveOutStored(plans: SourcePlan[]): Promise<void> {
    const stored = new Set<string>();
    await this.refresh();
    let skipped = 0;
    for (const plan of plans) {
      const highest = await this.collectStored(plan.after.state.id, plan.start, stored);
      this.doubtUpTo(plan, highest);
      const { length } = plan.lines;
      plan.lines = plan.lines.filter(line => !stored.has(line.id));
      skipped += length - plan.lines.length;
    }
    if (skipped > 0) this.logger.info('elasticsearch.taken-up', { sources: plans.length, stored: skipped });
  }

  /** Lines are there beyond what the claims say, of a book that was lost: they are looked for until the position has passed them. */
  private doubtUpTo(plan: SourcePlan, highest: number): void {
    const { state } = plan.initial;
    const { pending } = state;
    if (highest < (pending?.to ?? plan.start)) return;
    const { clock, writer } = this.deps;
    const doubt: Pending = {
      seqs: pending?.seqs ?? [],
      to: highest + 1,
      at: pending?.at ?? clock.now(),
      by: pending?.by ?? writer,
    };
    plan.initial = { ...plan.initial, state: { ...state, pending: doubt } };
  }

  /** @returns where the last one begins that is there; -1: none is */
  private async collectStored(source: string, from: number, into: Set<string>): Promise<number> {
    const { client, names } = this.deps;
    let highest = -1;
    try {
      const index = `${names.lines},${names.aside}`;
      for (let after: unknown[] | undefined; ; ) {
        const reply = await client.search<never>({
          allow_partial_search_results: false,
          index,
          ignore_unavailable: true,
          size: SEARCH_PAGE,
          _source: false,
          track_total_hits: false,
          query: {
            bool: {
              filter: [
                { term: { 'deadair.source': source } },
                { range: { 'deadair.offset': { gte: from } } },
              ],
            },
          },
          sort: [{ 'deadair.offset': { order: 'asc', unmapped_type: 'long' } }],
          ...(after ? { search_after: after as number[] } : {}),
        });
        for (const { _id } of reply.hits.hits) into.add(_id!);
        const last = reply.hits.hits.at(-1)?.sort;
        highest = (last?.[0] as number | undefined) ?? highest;
        if (reply.hits.hits.length < SEARCH_PAGE) return highest;
        after = last;
      }
    } catch (thrown) {
      throw asStoreError(thrown, 'looking for lines of an attempt that broke off');
    }
  }

  private async refresh(): Promise<void> {
    const { client, names } = this.deps;
    try {
      await client.indices.refresh({ index: `${names.lines},${names.aside}`, ignore_unavailable: true });
    } catch (thrown) {
      throw asStoreError(thrown, 'making lines visible');
    }
  }

  private async create(plans: SourcePlan[], deadline: number): Promise<void> {
    const { bulk, names } = this.deps;
    const lines = plans.flatMap(plan => plan.lines);
    const stored = async (some: readonly BulkLine[]) => {
      const wanted = new Set(some.map(line => line.id));
      const found = new Set<string>();
      await this.refresh();
      for (const { after, start, lines: own } of plans)
        if (own.some(line => wanted.has(line.id))) await this.collectStored(after.state.id, start, found);
      return found;
    };
    const refused = await bulk.create(names.lines, lines, deadline, stored);
    if (refused.length > 0) await this.setAside(refused, deadline);
  }

  /** No line is lost because somebody changed a mapping: it goes to an index of the same form that nobody else writes. */
  private async setAside(refused: Refused[], deadline: number): Promise<void> {
    const { bulk, names } = this.deps;
    const [first] = refused;
    this.logger.error('elasticsearch.lines-set-aside', {
      lines: refused.length,
      index: names.aside,
      why: first!.error.reason,
    });
    const lines = refused.map(({ line, error }): BulkLine => {
      const document = JSON.parse(line.json) as { deadair: Record<string, unknown> };
      document.deadair.refused = `${error.type ?? ''}: ${error.reason ?? ''}`.slice(0, 1000);
      return { id: line.id, json: JSON.stringify(document) };
    });
    const lost = await bulk.create(names.aside, lines, deadline, async () => new Set());
    if (lost.length > 0)
      throw new DeadairError(
        'unavailable',
        `Elasticsearch takes ${lost.length} lines in no index (${lost[0]!.error.reason}): run \`deadair elasticsearch setup\`; collectors keep them until then.`,
        { subject: names.aside, retryAfterSeconds: 30 },
      );
  }
}

/** All of a call's appends, before anything of it is planned: none or all. */
function check(appends: SourceAppend[], plans: Map<string, SourcePlan>, ledger: Positions): void {
  const next = new Map<string, number>();
  for (const append of appends) {
    const { id } = append.source;
    const standing =
      next.get(id) ?? plans.get(id)?.after.state.position ?? ledger.get(id)?.document.state.position;
    checkPosition(append, standing);
    next.set(id, append.to);
  }
}

/** The document as it is when all lines are stored. What an earlier attempt stored beyond the new position stays doubtful. */
function acknowledged({ initial, after, start }: SourcePlan): SourcePlan['after'] {
  const { pending: _, recovered = [], ...state } = after.state;
  const { pending } = initial.state;
  if (!pending) return { ...after, state: { ...state, ...(recovered.length > 0 ? { recovered } : {}) } };
  const { position: to, seq: at } = state;
  const taken = pending.seqs.map((seq): Recovered => ({ seq, at, from: start, to }));
  return {
    ...after,
    state: {
      ...state,
      ...(pending.to > to ? { pending } : {}),
      recovered: [...recovered, ...taken].slice(-ATTEMPTS_KEPT),
    },
  };
}
