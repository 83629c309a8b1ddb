import type { Mark } from '../../model/finding.js';
import type { LogRow } from '../../model/log-row.js';
import { defined } from '../../platform/defined.js';
import type { Gap, SourceState } from '../store.js';
import { BulkLines } from './bulk-lines.js';
import type { Committer } from './committer.js';
import { gapDocument } from './gaps.js';
import { documentOf } from './line-document.js';
import type { SourcePlan } from './plan.js';
import type { Positions, SourceDocument } from './positions.js';

/**
 * Writes lines that were stored elsewhere, with their commit numbers of there: those are small, and the numbers given here are
 * times, so that the order of commits holds across both. Claims and positions work as for lines that come in, hence an
 * interrupted move goes on where it stopped.
 */
export class Takeover {
  constructor(
    private readonly committer: Pick<Committer, 'store'>,
    private readonly ledger: Pick<Positions, 'get' | 'load'>,
  ) {}

  /** Up to which byte a source has been taken over; undefined: nothing of it has. */
  async position(source: string): Promise<number | undefined> {
    await this.ledger.load([source]);
    return this.ledger.get(source)?.document.state.position;
  }

  /**
   * Takes over rows of a source in file order, after those before.
   * @param marks what rows leave out of their findings, by row id
   * @throws DeadairError
   */
  async lines(state: SourceState, rows: readonly LogRow[], marks: ReadonlyMap<string, Mark>): Promise<void> {
    const last = rows.at(-1);
    if (!last) return;
    const plan = this.plan(state);
    plan.start = rows[0]!.offset;
    const into = new BulkLines();
    plan.lines = rows.map(row => into.add(row.id, JSON.stringify(documentOf(row, marks.get(row.id)))));
    const own = plan.after.state;
    own.position = last.offset + last.length;
    own.lines += rows.length;
    // Not yet the source's own: who asks in between must not take it for complete.
    own.seq = last.seq;
    await this.committer.store([plan]);
  }

  /** Closes a source: its true position, parser, end, open line and gaps. @throws DeadairError */
  async finish(state: SourceState, open: LogRow | undefined, gaps: readonly Gap[]): Promise<void> {
    const plan = this.plan(state);
    const { state: own } = plan.after;
    own.position = state.position;
    own.lines = state.lines;
    const { tail, parserState, ended, openBytes } = state;
    Object.assign(own.rest, {
      ...defined({ tail }),
      ...defined({ parserState }),
      ...defined({ ended }),
      ...(openBytes
        ? {
            open: {
              from: open?.offset ?? state.position - openBytes.length,
              bytes: Buffer.from(openBytes).toString('base64'),
            },
          }
        : {}),
    });
    if (open) plan.after = { ...documentOf(open, undefined), ...plan.after };
    plan.gaps = gaps.map(gapDocument);
    await this.committer.store([plan]);
  }

  private plan(source: SourceState): SourcePlan {
    const before = this.ledger.get(source.id);
    const { position: _, tail: __, parserState: ___, openBytes: ____, ended: _____, ...rest } = source;
    const { firstSeenAt, lastIngestedAt, lines: ______, ...descriptor } = rest;
    const initial: SourceDocument = before?.document ?? {
      state: {
        id: source.id,
        agent: source.agent,
        host: source.host,
        position: source.start ?? 0,
        seq: 0,
        lines: 0,
        lastIngestedAt,
        rest: { descriptor, firstSeenAt },
      },
    };
    const after: SourceDocument = { state: { ...initial.state, rest: { ...initial.state.rest } } };
    return { before, initial, after, lines: [], gaps: [], marks: [], start: initial.state.position };
  }
}
