import type { ProgramEvent } from '../detect/events.js';
import { OLD_OUTPUT_MS } from '../model/finding.js';
import { defined } from '../platform/defined.js';
import { isImported } from '../platform/ids.js';
import type { Store } from '../store/store.js';

/** What an agent is doing, by the last thing it or its controller said. */
const PHASE_AFTER: Partial<Record<ProgramEvent, string>> = {
  'process.started': 'idle',
  'agent.idle': 'idle',
  'agent.answered': 'ready',
  'agent.ready': 'ready',
  'agent.started': 'working',
  'run.workload-started': 'working',
  'agent.completed': 'done',
  'agent.aborted': 'aborted',
  'agent.workload-failed': 'failed',
  'process.failed': 'failed',
  'process.panicked': 'failed',
  'process.stopping': 'stopped',
  'run.started': 'starting',
  'run.waiting': 'waiting',
  'run.completed': 'done',
  'run.failed': 'failed',
  'run.interrupted': 'interrupted',
  'controller.aborting': 'aborting',
};

/** Shown in place of a phase. */
export const OLD_OUTPUT = 'old output';

/** Words after which the program itself is over, whatever its collector's heartbeat says. */
const PROGRAM_ENDS = new Set<string>(['process.failed', 'process.panicked']);
/** `deadair run` saw the program end and says so: its run's end is the program's. */
const RAN_BY = /^deadair\/run-(?:completed|failed|interrupted)$/;

/** What the controller says is about another agent than the one whose log holds the line. */
const ABOUT_ANOTHER = new Set<string>(['agent.answered']);
const EVENTS = Object.keys(PHASE_AFTER);
const PAGE = 5000;

/** The phase of each agent, kept up by reading the marks that are new since the last look. */
export class AgentPhases {
  private readonly phases = new Map<string, { phase: string; at: number; source: string; ended: boolean }>();
  /** Time of the last mark of each log: where that is old, what stands above it is older, whatever its time. */
  private readonly latest = new Map<string, number>();
  private afterSeq: number | undefined;

  constructor(private readonly store: Store) {}

  async refresh(): Promise<void> {
    for (;;) {
      const marks = await this.store.marks({
        events: EVENTS,
        limit: PAGE,
        ...defined({ afterSeq: this.afterSeq }),
      });
      for (const mark of marks) {
        this.afterSeq = mark.seq;
        if (isImported(mark.source)) continue;
        this.latest.set(mark.source, mark.time);
        const phase = PHASE_AFTER[mark.event as ProgramEvent];
        const agent = ABOUT_ANOTHER.has(mark.event ?? '') ? mark.fields?.agent : mark.agent;
        if (!phase || agent === undefined) continue;
        const known = this.phases.get(agent);
        // In one log the later line counts, whatever its time: some have none of their own.
        if (!known || known.source === mark.source || mark.time >= known.at)
          this.phases.set(agent, {
            phase,
            at: mark.time,
            source: mark.source,
            ended: PROGRAM_ENDS.has(mark.event ?? '') || RAN_BY.test(mark.rule),
          });
      }
      if (marks.length < PAGE) return;
    }
  }

  /** The last it said is that its program is over: a heartbeat of its collector is no sign of life of it. */
  hasEnded(agent: string): boolean {
    return this.phases.get(agent)?.ended ?? false;
  }

  /** @param firstSeen when the agent was first heard of: what its log said long before is an earlier test's */
  of(agent: string, firstSeen: number): string | undefined {
    const known = this.phases.get(agent);
    if (!known) return undefined;
    const at = Math.min(known.at, this.latest.get(known.source) ?? known.at);
    return at < firstSeen - OLD_OUTPUT_MS ? OLD_OUTPUT : known.phase;
  }
}
