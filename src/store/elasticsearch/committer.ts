import { asDeadairError } from '../../platform/errors.js';
import { silentLogger } from '../../platform/logger.js';
import type { AppendReceipt, SourceAppend } from '../store.js';
import { type BulkLine, BulkLines } from './bulk-lines.js';
import { CommitSteps, type CommitStepsDeps } from './commit-steps.js';
import type { RunOf } from './line-document.js';
import { checkPosition, emptyPlan, extend, type SourcePlan } from './plan.js';
import type { SourceDocument, SourceEntry } from './positions.js';

export interface CommitterDeps
  extends Omit<CommitStepsDeps, 'logger'>,
    Partial<Pick<CommitStepsDeps, 'logger'>> {
  /** Newest commit that is stored. */
  seq: number;
  /** The run a line belongs to, as far as that is known. */
  runOf?: RunOf;
  /** Told of the lines of commits (from, to], when they are stored and before that is told to anybody. */
  onStored?: (lines: readonly BulkLine[], from: number, to: number) => void;
}

interface Waiting {
  appends: SourceAppend[];
  resolve: (receipt: AppendReceipt) => void;
  reject: (error: unknown) => void;
}

/** What a commit will store, and who is told. */
interface Commit {
  plans: SourcePlan[];
  done: { waiting: Waiting; receipt: AppendReceipt }[];
}

/** Lines committed together at most; a longer wait helps nobody. */
const GROUP_LINES = 200_000;
/** Commits under way at once where nobody else writes: while Elasticsearch stores one, the next is made. */
export const COMMITS_AT_ONCE = 2;
/** Commits are numbered by time (half microseconds): several ingesters need no common counter, and a double holds them until 2109. */
export const SEQ_PER_MS = 2048;

/**
 * Puts appends together to commits and has them stored (commit-steps.ts), acknowledged in the order of their numbers. Where this
 * process alone writes, the next commit is planned on what those under way will leave behind, and sent beside them. When one of
 * them fails, those after it fail, too; their claims stand, and the next commit, alone, looks what is there of them.
 */
export class Committer {
  private readonly steps: CommitSteps;
  private queue: Waiting[] = [];
  private working: Promise<void> | undefined;
  /** The newest number that was given. */
  private givenSeq: number;
  private storedSeq: number;
  private readonly underWay = new Set<Promise<void>>();
  /** The commit before the next one. */
  private last: Promise<void> = Promise.resolve();
  /** Where sources will stand when everything under way is stored. */
  private readonly ahead = new Map<string, SourceDocument>();
  private failed = false;

  constructor(private readonly deps: CommitterDeps) {
    this.steps = new CommitSteps({ ...deps, logger: deps.logger ?? silentLogger });
    this.givenSeq = deps.seq;
    this.storedSeq = deps.seq;
  }

  /** The newest commit that is stored. */
  get newest(): number {
    return this.storedSeq;
  }

  /** Commits go on after this one. */
  goOnAfter(seq: number): void {
    this.givenSeq = Math.max(this.givenSeq, seq);
    this.storedSeq = Math.max(this.storedSeq, seq);
  }

  append(appends: SourceAppend[]): Promise<AppendReceipt> {
    return new Promise((resolve, reject) => {
      this.queue.push({ appends, resolve, reject });
      this.working ??= this.work();
    });
  }

  async close(): Promise<void> {
    await this.working;
    await Promise.all(this.underWay);
  }

  /**
   * Stores what plans say; for lines that come from another store, while no append is under way.
   * @throws DeadairError
   */
  store(plans: SourcePlan[]): Promise<void> {
    return this.steps.storeAlone(plans);
  }

  private async work(): Promise<void> {
    // What comes in the same turn of the loop shares a commit.
    await Promise.resolve();
    while (this.queue.length > 0) {
      const group = this.nextGroup();
      try {
        await this.begin(group);
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

  /** Resolved when the next commit may be begun. @throws DeadairError */
  private async begin(group: Waiting[]): Promise<void> {
    const ids = group.flatMap(({ appends }) => appends.map(({ source }) => source.id));
    while (this.underWay.size >= COMMITS_AT_ONCE) await Promise.race(this.underWay);
    if (this.failed || !this.mayGoBeside(ids)) await this.allDone();
    await this.deps.ledger.load(ids);
    const beside = this.mayGoBeside(ids);
    const commit = this.plan(group);
    if (!beside) {
      await this.steps.storeAlone(commit.plans);
      this.stored(commit);
      return;
    }
    await this.steps.claim(commit.plans);
    for (const { after } of commit.plans) this.ahead.set(after.state.id, after);
    const before = this.last;
    const own = this.steps.storeBeside(commit.plans, before).then(() => {
      for (const { after } of commit.plans)
        if (this.ahead.get(after.state.id) === after) this.ahead.delete(after.state.id);
      this.stored(commit);
    });
    const ended = own.catch(thrown => {
      this.failed = true;
      const error = asDeadairError(thrown);
      for (const { waiting } of commit.done) waiting.reject(error);
    });
    this.last = own;
    this.underWay.add(ended);
    void ended.finally(() => this.underWay.delete(ended));
  }

  /** All of these are where the book, or a commit under way, says they are, and nothing else of them is in Elasticsearch. */
  private mayGoBeside(ids: readonly string[]): boolean {
    const { ledger } = this.deps;
    if (!ledger.alone) return false;
    return ids.every(id => {
      const known = ledger.get(id);
      // A claim is made over what the book says: not over what a commit under way will say first.
      if (!known) return ledger.complete && !this.ahead.has(id);
      return this.ahead.has(id) || !known.document.state.pending;
    });
  }

  private async allDone(): Promise<void> {
    while (this.underWay.size > 0) await Promise.all(this.underWay);
    this.last = Promise.resolve();
    this.ahead.clear();
    this.failed = false;
  }

  private plan(group: readonly Waiting[]): Commit {
    const { ledger } = this.deps;
    const plans = new Map<string, SourcePlan>();
    const done: Commit['done'] = [];
    const lines = new BulkLines();
    for (const waiting of group)
      try {
        this.check(waiting.appends, plans);
        const seq = this.nextSeq();
        let count = 0;
        for (const append of waiting.appends) {
          const { id } = append.source;
          const plan = plans.get(id) ?? emptyPlan(append, this.standing(id));
          plans.set(id, plan);
          count += extend(plan, append, seq, lines, this.deps.runOf);
        }
        done.push({ waiting, receipt: { seq, lines: count } });
      } catch (thrown) {
        // What is known here may be old: the next attempt reads it anew.
        ledger.forget(waiting.appends.map(({ source }) => source.id).filter(id => !plans.has(id)));
        waiting.reject(thrown);
      }
    return { plans: [...plans.values()], done };
  }

  private standing(id: string): SourceEntry | undefined {
    const document = this.ahead.get(id);
    return document ? { document, version: undefined } : this.deps.ledger.get(id);
  }

  /** All of a call's appends, before anything of it is planned: none or all. @throws DeadairError `conflict` */
  private check(appends: readonly SourceAppend[], plans: ReadonlyMap<string, SourcePlan>): void {
    const next = new Map<string, number>();
    for (const append of appends) {
      const { id } = append.source;
      const standing =
        next.get(id) ?? plans.get(id)?.after.state.position ?? this.standing(id)?.document.state.position;
      checkPosition(append, standing);
      next.set(id, append.to);
    }
  }

  private stored({ plans, done }: Commit): void {
    const first = done[0]?.receipt.seq;
    const last = done.at(-1)?.receipt.seq;
    if (first === undefined || last === undefined) return;
    this.storedSeq = Math.max(this.storedSeq, last);
    this.deps.onStored?.(
      plans.flatMap(plan => plan.lines),
      first - 1,
      last,
    );
    for (const { waiting, receipt } of done) waiting.resolve(receipt);
  }

  private nextSeq(): number {
    this.givenSeq = Math.max(this.givenSeq + 1, Math.floor(this.deps.clock.now() * SEQ_PER_MS));
    return this.givenSeq;
  }
}
