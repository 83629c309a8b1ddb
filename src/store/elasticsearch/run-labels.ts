import type { Run } from '../../model/run.js';
import { type RunSpan, runSpan } from '../../runs/span.js';

/** Runs told of, at most: the newest. Lines of older ones come from backlogs only. */
const KEPT = 100;

type Labelled = Pick<Run, 'id' | 'name'>;

interface Known {
  label: Labelled;
  /** Event time that is the run's; one that goes on has no end yet. */
  span: RunSpan;
  /** Empty: everybody's. */
  agents: ReadonlySet<string>;
}

/** Which run a line belongs to, as far as that is known when it comes: what is stored stays as it is. */
export class RunLabels {
  private known: Known[] = [];

  /** @param runs all runs there are, in any order */
  tell(runs: readonly Run[]): void {
    const newest = [...runs].sort((a, b) => b.startedAt - a.startedAt).slice(0, KEPT);
    this.known = newest.map(run => ({
      label: { id: run.id, name: run.name },
      span: runSpan(run, 'exact', { now: Number.MAX_SAFE_INTEGER }),
      agents: new Set(run.controller === undefined ? run.agents : [run.controller, ...run.agents]),
    }));
  }

  /** @param time of the event, ms since the epoch */
  readonly of = (agent: string, time: number): Labelled | undefined =>
    this.known.find(
      ({ span, agents }) => time >= span.from && time < span.to && (agents.size === 0 || agents.has(agent)),
    )?.label;
}
