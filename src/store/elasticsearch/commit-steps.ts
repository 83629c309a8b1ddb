import type { Client } from '@elastic/elasticsearch';
import type { Clock } from '../../platform/clock.js';
import { DeadairError } from '../../platform/errors.js';
import type { Logger } from '../../platform/logger.js';
import { Serial } from '../../platform/serial.js';
import { durationWords } from '../../wording/duration.js';
import type { BulkWriter, Refused } from './bulk.js';
import { type BulkLine, BulkLines } from './bulk-lines.js';
import { LinesThere } from './lines-there.js';
import type { IndexNames } from './names.js';
import type { SourcePlan } from './plan.js';
import type { Pending, Positions, Recovered, SourceEntry } from './positions.js';
import { mayLive } from './sources.js';

export interface CommitStepsDeps {
  client: Client;
  names: IndexNames;
  bulk: BulkWriter;
  ledger: Positions;
  clock: Clock;
  /** This ingester, in claims (sources.ts). */
  writer: string;
  logger: Logger;
}

/** After a claim nothing is sent for longer than this … */
const WRITE_MS = 90_000;
/** … so that another ingester may take the source over when the claim is this old. The difference bears clocks that disagree. */
const TAKE_OVER_MS = 120_000;
const ATTEMPTS_KEPT = 20;

/**
 * Stores lines exactly once in a server without transactions, in three steps:
 *
 * 1. claim: each source's document says "lines are being written up to T" (`pending`), over the version that was read;
 * 2. the lines, under ids made of source and offset;
 * 3. settle: the source's document with the new position and without the claim.
 *
 * Only then it is acknowledged. A crash before 3 leaves the claim: whoever writes that source next finds it, looks which
 * lines beyond the position are stored already, in whichever backing index, and leaves those out. Ids alone would not do:
 * they are unique within one backing index, and a rollover may lie between the attempts.
 *
 * Where nobody else writes, several commits are under way at once (committer.ts), of the same source, too. A claim is then made
 * over what the book says by now, never over what it will say, and settling keeps the claims of later commits.
 */
export class CommitSteps {
  private readonly there: LinesThere;
  /** Claims and settlements, one at a time: each is made from what the one before has written. */
  private readonly turns = new Serial();

  constructor(private readonly deps: CommitStepsDeps) {
    this.there = new LinesThere(deps.client, deps.names);
  }

  /** Of sources with an attempt that broke off, or that a book with gaps does not know: nobody knows which lines are there. */
  private doubtful(plans: readonly SourcePlan[]): SourcePlan[] {
    const { ledger } = this.deps;
    return plans.filter(({ before }) =>
      before ? before.document.state.pending : ledger.alone && !ledger.complete,
    );
  }

  /**
   * Stores what plans say while nothing else is under way.
   * @throws DeadairError
   */
  async storeAlone(plans: SourcePlan[]): Promise<void> {
    const { ledger, clock } = this.deps;
    const deadline = clock.monotonic() + WRITE_MS;
    const doubtful = this.doubtful(plans);
    if (!ledger.alone) for (const { before } of doubtful) this.mustBeFree(before!.document.state.pending!);
    await this.claim(plans);
    if (doubtful.length > 0) await this.leaveOutStored(doubtful);
    await this.create(plans, deadline);
    await this.settle(plans, acknowledged);
  }

  /**
   * Stores what was claimed beside other commits.
   * @param before the commit before is settled; when it is not, this one isn't either
   * @throws DeadairError
   */
  async storeBeside(plans: SourcePlan[], before: Promise<void>): Promise<void> {
    const { ledger, clock } = this.deps;
    await this.create(plans, clock.monotonic() + WRITE_MS);
    await before;
    await this.settle(plans, plan =>
      acknowledgedBeside(plan, ledger.get(plan.after.state.id)?.document.state.pending),
    );
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

  /** Says that the lines of plans are being written. @throws DeadairError `conflict` */
  claim(plans: readonly SourcePlan[]): Promise<void> {
    const { clock, writer, ledger } = this.deps;
    return this.turns.run(async () => {
      const at = clock.now();
      const claims = plans
        .filter(plan => plan.lines.length > 0)
        .map(({ before, initial, after }): SourceEntry => {
          const { position, seq, id } = after.state;
          const now = (ledger.alone ? ledger.get(id)?.document : undefined) ?? initial;
          const earlier = now.state.pending;
          const pending: Pending = {
            seqs: [...(earlier?.seqs ?? []), seq].slice(-ATTEMPTS_KEPT),
            to: Math.max(position, earlier?.to ?? 0),
            at,
            by: writer,
          };
          return { document: { ...now, state: { ...now.state, pending } }, version: before?.version };
        });
      await ledger.claim(claims);
    });
  }

  private settle(
    plans: readonly SourcePlan[],
    document: (plan: SourcePlan) => SourcePlan['after'],
  ): Promise<void> {
    const { ledger } = this.deps;
    return this.turns.run(() =>
      ledger.settle({
        sources: plans.map(plan => ({ document: document(plan), version: this.versionOf(plan) })),
        gaps: plans.flatMap(plan => plan.gaps),
        marks: plans.flatMap(plan => plan.marks),
      }),
    );
  }

  private versionOf(plan: SourcePlan): SourceEntry['version'] {
    return this.deps.ledger.get(plan.after.state.id)?.version;
  }

  /** Of sources with an attempt that broke off: the lines that are stored need not, must not, be sent again. */
  private async leaveOutStored(plans: SourcePlan[]): Promise<void> {
    const stored = new Set<string>();
    await this.there.refresh();
    let skipped = 0;
    for (const plan of plans) {
      const highest = await this.there.collect(plan.after.state.id, plan.start, stored);
      this.doubtUpTo(plan, highest);
      const { length } = plan.lines;
      plan.lines = plan.lines.filter(line => !stored.has(line.id));
      skipped += length - plan.lines.length;
    }
    if (skipped > 0)
      this.deps.logger.info('elasticsearch.taken-up', { sources: plans.length, stored: skipped });
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

  private async create(plans: SourcePlan[], deadline: number): Promise<void> {
    const { bulk, names } = this.deps;
    const lines = plans.flatMap(plan => plan.lines);
    const stored = async (some: readonly BulkLine[]) => {
      const wanted = new Set(some.map(line => line.id));
      const found = new Set<string>();
      await this.there.refresh();
      for (const { after, start, lines: own } of plans)
        if (own.some(line => wanted.has(line.id))) await this.there.collect(after.state.id, start, found);
      return found;
    };
    const refused = await bulk.create(names.lines, lines, deadline, stored);
    if (refused.length > 0) await this.setAside(refused, deadline);
  }

  /** No line is lost because somebody changed a mapping: it goes to an index of the same form that nobody else writes. */
  private async setAside(refused: Refused[], deadline: number): Promise<void> {
    const { bulk, names } = this.deps;
    const [first] = refused;
    this.deps.logger.error('elasticsearch.lines-set-aside', {
      lines: refused.length,
      index: names.aside,
      why: first!.error.reason,
    });
    const aside = new BulkLines();
    const lines = refused.map(({ line, error }): BulkLine => {
      const document = JSON.parse(line.json) as { deadair: Record<string, unknown> };
      document.deadair.refused = `${error.type ?? ''}: ${error.reason ?? ''}`.slice(0, 1000);
      return aside.add(line.id, JSON.stringify(document));
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

/** The same beside other commits. @param pending the claim as it stands now: with those of later commits, and of no attempt that broke off */
function acknowledgedBeside({ after }: SourcePlan, pending: Pending | undefined): SourcePlan['after'] {
  const { pending: _, ...state } = after.state;
  if (!pending || pending.to <= state.position) return { ...after, state };
  const later = { ...pending, seqs: pending.seqs.filter(seq => seq > state.seq) };
  return { ...after, state: { ...state, pending: later } };
}
