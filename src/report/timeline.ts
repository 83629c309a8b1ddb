import { incidentHeadline, pastHeadline } from '../wording/incident.js';
import { byNumber } from './complaints.js';
import type { PostMortemInputs } from './inputs.js';
import { clockOffsets, timeOfMark } from './lanes.js';
import type { ReportIncident, TimelineEntry } from './model.js';
import { speaker } from './words.js';

/** Events worth a line in the story, in words. The same event of several agents is told in one line. */
const MILESTONES: Record<string, string> = {
  'run.started': 'the run began',
  'run.workload-started': 'the workload began',
  'run.completed': 'the run ended well',
  'run.failed': 'the run failed',
  'run.interrupted': 'somebody interrupted the run',
  'run.startup-timeout': 'gave up waiting for the agents',
  'controller.aborting': 'told the other agents to stop',
  'agent.ready': 'ready',
  'agent.started': 'began to work',
  'agent.completed': 'finished the work',
  'agent.aborted': 'told to stop, and did',
  'process.panicked': 'panicked',
  'process.port-taken': 'found its port taken',
};

/** Entries of one event closer than this are one line. */
const TOGETHER_MS = 10_000;
const TEXT_LIMIT = 240;

/** The story in order of time: milestones of the program, evidence, what Deadair concluded and when. */
export function timeline(inputs: PostMortemInputs, incidents: readonly ReportIncident[]): TimelineEntry[] {
  const entries = [...milestones(inputs), ...conclusions(incidents)];
  const start = inputs.run.startedAt;
  return entries
    .map(entry => ({ ...entry, offsetMs: entry.at - start }))
    .sort((a, b) => a.at - b.at || weightOf(a) - weightOf(b));
}

type Bare = Omit<TimelineEntry, 'offsetMs'>;

function milestones(inputs: PostMortemInputs): Bare[] {
  const offsets = clockOffsets(inputs);
  const groups: { event: string; from: number; to: number; agents: Set<string> }[] = [];
  const marks = inputs.marks
    .filter(mark => mark.event && MILESTONES[mark.event])
    .map(mark => ({ mark, at: timeOfMark(mark, offsets) }))
    .filter(({ at }) => at >= inputs.span.from && at <= inputs.span.to)
    .sort((a, b) => a.at - b.at);
  for (const { mark, at } of marks) {
    const open = groups.find(one => one.event === mark.event && at - one.to <= TOGETHER_MS);
    if (open) {
      open.to = at;
      open.agents.add(mark.agent);
    } else groups.push({ event: mark.event!, from: at, to: at, agents: new Set([mark.agent]) });
  }
  return groups.map(group => ({
    at: group.from,
    who: manyWords([...group.agents].sort(byNumber), inputs),
    what: MILESTONES[group.event]!,
    weight: group.event === 'agent.aborted' ? ('consequence' as const) : ('milestone' as const),
  }));
}

function manyWords(agents: string[], inputs: PostMortemInputs): string {
  if (agents.length <= 2) return agents.join(' and ');
  const all = inputs.run.agents;
  if (agents.length === all.length) return `all ${all.length} agents`;
  const missing = all.filter(name => !agents.includes(name));
  if (missing.length === 1) return `the other ${agents.length} agents (not ${missing[0]})`;
  return `${agents.length} agents (${agents.slice(0, 3).join(', ')} …)`;
}

function conclusions(incidents: readonly ReportIncident[]): Bare[] {
  return incidents.flatMap(incident => {
    const entries: Bare[] = incident.evidence.map(line => ({
      at: line.at,
      who: speaker(line.by),
      what: line.text.slice(0, TEXT_LIMIT),
      weight: line.role === 'recovery' ? 'recovery' : line.role === 'consequence' ? 'consequence' : 'fault',
    }));
    entries.push({
      at: incident.openedAt,
      who: 'Deadair',
      what: `opens an incident: ${incidentHeadline(incident)}`,
      weight: 'fault',
    });
    if (incident.resolvedAt !== undefined)
      entries.push({
        at: incident.resolvedAt,
        who: 'Deadair',
        what: `sees it resolved: ${pastHeadline(incident)}`,
        weight: 'recovery',
      });
    return entries;
  });
}

function weightOf(entry: Bare): number {
  return entry.who === 'Deadair' ? 1 : 0;
}
