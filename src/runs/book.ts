import { DOCUMENT_KINDS } from '../model/document-kinds.js';
import type { DocumentStore } from '../model/documents.js';
import { listAll } from '../model/documents.js';
import type { Run } from '../model/run.js';
import type { Clock } from '../platform/clock.js';
import { DeadairError } from '../platform/errors.js';
import { ulid } from '../platform/ids.js';

/** Runs as people see them: those the logs tell of, those marked by hand, and which of them are pinned. */
export class RunBook {
  private readonly byHand = new Map<string, Run>();
  private readonly pinned = new Set<string>();

  constructor(
    private readonly documents: DocumentStore,
    private readonly clock: Clock,
    /** Runs the incident engine found, newest first. */
    private readonly found: () => Run[],
    /** Agents of a run marked by hand: those whose host is heard, and those a line came of since (ms since the epoch). */
    private readonly agents: (since: number) => Promise<string[]>,
  ) {}

  async open(): Promise<void> {
    for (const { id, doc } of await listAll<Run>(this.documents, DOCUMENT_KINDS.handRun))
      this.byHand.set(id, doc);
    for (const { id } of await listAll(this.documents, DOCUMENT_KINDS.pinnedRun)) this.pinned.add(id);
  }

  /** Newest first. */
  async list(): Promise<Run[]> {
    const all = [...this.found(), ...this.byHand.values()].map(async run => ({
      ...run,
      pinned: this.pinned.has(run.id),
      ...(run.startedBy === 'hand' && run.endedAt === undefined
        ? { agents: await this.agents(run.startedAt) }
        : {}),
    }));
    return (await Promise.all(all)).sort((a, b) => b.startedAt - a.startedAt);
  }

  async start(name: string): Promise<Run> {
    const open = [...this.byHand.values()].find(run => run.endedAt === undefined);
    if (open)
      throw new DeadairError(
        'conflict',
        `The run "${open.name}" goes on; end it first: deadair runs stop ${open.name}`,
      );
    const now = this.clock.now();
    const run: Run = { id: ulid(now), name, startedAt: now, startedBy: 'hand', agents: [], pinned: false };
    await this.save(run);
    return { ...run, agents: await this.agents(now) };
  }

  async stop(id: string): Promise<Run> {
    const run = this.byHand.get(id);
    if (!run)
      throw new DeadairError(
        'conflict',
        'This run was started by its program and ends with it; only runs started by hand can be ended by hand.',
      );
    if (run.endedAt !== undefined)
      throw new DeadairError('conflict', `The run "${run.name}" has ended already.`);
    const endedAt = this.clock.now();
    const agents = await this.agents(run.startedAt);
    const ended: Run = { ...run, endedAt, outcome: 'completed', agents };
    await this.save(ended);
    return ended;
  }

  async pin(id: string, pinned: boolean): Promise<Run> {
    const run = (await this.list()).find(one => one.id === id);
    if (!run) throw new DeadairError('not-found', `There is no run ${id}.`, { subject: 'run' });
    if (pinned) {
      await this.documents.put(DOCUMENT_KINDS.pinnedRun, id, { at: this.clock.now() });
      this.pinned.add(id);
    } else {
      await this.documents.delete(DOCUMENT_KINDS.pinnedRun, id);
      this.pinned.delete(id);
    }
    return { ...run, pinned };
  }

  private async save(run: Run): Promise<void> {
    await this.documents.put(DOCUMENT_KINDS.handRun, run.id, run);
    this.byHand.set(run.id, run);
  }
}
