import type { ProgramEvent } from '../detect/events.js';
import type { Mark } from '../model/finding.js';
import type { Phase } from './model.js';

/** What a program event of an agent's or the controller's own log says of the phase it begins. */
const PHASE_OF: Partial<Record<ProgramEvent, Phase>> = {
  'process.started': 'idle',
  'agent.idle': 'idle',
  'agent.ready': 'waiting',
  'agent.started': 'working',
  'agent.completed': 'done',
  'agent.workload-failed': 'failed',
  'agent.aborted': 'aborted',
  'process.failed': 'failed',
  'process.panicked': 'failed',
  'process.port-taken': 'failed',
  'controller.lost': 'failed',
  'run.started': 'starting',
  'run.waiting': 'waiting',
  'run.workload-started': 'working',
  'run.completed': 'done',
  'run.failed': 'failed',
  'run.interrupted': 'aborted',
  'run.startup-timeout': 'failed',
};

/** An end is an end: what a program prints while it tidies up does not begin a new phase. */
const FINAL: ReadonlySet<Phase> = new Set<Phase>(['done', 'failed', 'aborted']);
const BEGINS_ANEW = new Set<string>(['process.started', 'run.started', 'agent.ready', 'agent.started']);

/**
 * Phases of one host's log, from its first event to `until` or to its process's orderly stop.
 * @param marks of this host, ordered by `timeOf`
 */
export function phasesOf(
  marks: readonly Mark[],
  timeOf: (mark: Mark) => number,
  until: number,
): { phase: Phase; from: number; to: number }[] {
  const phases: { phase: Phase; from: number; to: number }[] = [];
  let stopped = false;
  for (const mark of marks) {
    if (mark.event === 'process.stopping') {
      const open = phases.at(-1);
      if (open && !stopped) open.to = Math.min(timeOf(mark), until);
      stopped = true;
      continue;
    }
    const phase = PHASE_OF[mark.event as ProgramEvent];
    if (!phase) continue;
    const current = phases.at(-1);
    if (stopped && !BEGINS_ANEW.has(mark.event!)) continue;
    if (current?.phase === phase && !stopped) continue;
    if (current && !stopped && FINAL.has(current.phase) && !BEGINS_ANEW.has(mark.event!)) continue;
    const at = Math.min(timeOf(mark), until);
    if (current && !stopped) current.to = at;
    stopped = false;
    phases.push({ phase, from: at, to: until });
  }
  return phases.filter(one => one.to > one.from);
}

const PHASE_WORDS: Record<Phase, string> = {
  idle: 'idle',
  starting: 'starting',
  waiting: 'waiting for the start',
  working: 'still working',
  aborted: 'aborted',
  done: 'finished',
  failed: 'failed',
};

/** @param role a controller that failed has ended the run, not its own life */
export function phaseWords(phase: Phase, role: 'controller' | 'agent'): string {
  if (role === 'controller' && phase === 'failed') return 'ended the run as failed';
  return PHASE_WORDS[phase];
}
