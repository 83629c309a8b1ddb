import type { Mark } from '../model/finding.js';
import type { Incident } from '../model/incident.js';
import { timeWords } from '../wording/time.js';
import { byNumber } from './complaints.js';
import type { PostMortemInputs } from './inputs.js';
import type { Lane } from './model.js';
import { phasesOf } from './phases.js';

/** Shorter stretches without a line are nothing to look at: a heartbeat is late at 15 s. */
const SILENCE_MS = 15_000;
/** More hosts than this are too many to look through. */
const MANY = 24;
/** Share of the chart's width that the phase a host ended in has at least. */
const LEAST_SHOWN = 0.02;

/** The time of a mark on the server's clock: inherited times can be minutes old, so reading time stands in. */
export function timeOfMark(mark: Mark, offsets: ReadonlyMap<string, number>): number {
  if (mark.timeKind !== undefined && mark.timeKind !== 'own') return mark.observedAt;
  return mark.time - (offsets.get(mark.agent) ?? 0);
}

/** Offsets that are surely more than nothing. */
export function clockOffsets(inputs: PostMortemInputs): Map<string, number> {
  return new Map(
    inputs.clocks
      .filter(clock => Math.abs(clock.offsetMs) > clock.plusMinusMs)
      .map(clock => [clock.agent, clock.offsetMs]),
  );
}

/** A lane a host, the controller first. */
export function lanes(inputs: PostMortemInputs): Lane[] {
  const { run, span } = inputs;
  const offsets = clockOffsets(inputs);
  const timeOf = (mark: Mark) => timeOfMark(mark, offsets);
  const names = new Set([...run.agents, ...inputs.agents.map(one => one.agent)]);
  if (run.controller) names.delete(run.controller);
  // Of many hosts those that failed come first: nobody scrolls to the 77th lane.
  const failed = new Set(
    inputs.incidents.flatMap(one => (one.severity === 'info' || names.size <= MANY ? [] : one.subjects)),
  );
  const ordered = [
    ...(run.controller ? [run.controller] : []),
    ...[...names].sort((a, b) => Number(failed.has(b)) - Number(failed.has(a)) || byNumber(a, b)),
  ];
  return ordered.map(name => {
    const own = inputs.marks.filter(mark => mark.agent === name).sort((a, b) => timeOf(a) - timeOf(b));
    const figures = inputs.agents.find(one => one.agent === name);
    const concerning = inputs.incidents.filter(one => one.subjects.includes(name));
    const activity = figures?.activity ?? [];
    return {
      name,
      role: name === run.controller ? ('controller' as const) : ('agent' as const),
      phases: afterEnd(phasesOf(own, timeOf, span.to), name === run.controller, run.endedAt, span).map(
        one => ({
          ...one,
          from: Math.max(one.from, span.from),
        }),
      ),
      outages: concerning.map(incident => outage(incident, span.to)),
      silences: silences(activity, inputs.interval, span.from, figures?.firstAt, figures?.lastAt),
      marks: markSpots(inputs.incidents, name),
      activity,
    };
  });
}

/**
 * After the run's end its controller is gone and agents that are done with their part are idle; one that still works
 * does not know that the run is over, and that is to be seen.
 */
function afterEnd(
  phases: Lane['phases'],
  isController: boolean,
  endedAt: number | undefined,
  span: { from: number; to: number },
): Lane['phases'] {
  if (endedAt === undefined) return phases;
  return phases.flatMap((one): Lane['phases'] => {
    if (one.to <= endedAt || one.phase === 'working' || one.phase === 'idle') return [one];
    // How it ended must be seen, however short it was.
    const shown = Math.max(endedAt, one.from + (span.to - span.from) * LEAST_SHOWN);
    const head = { ...one, to: Math.min(one.to, shown) };
    if (isController || head.to >= one.to) return [head];
    return [head, { phase: 'idle', from: head.to, to: one.to }];
  });
}

function outage(incident: Incident, until: number): Lane['outages'][number] {
  const open = incident.resolvedAt === undefined;
  return {
    from: incident.startedAt,
    to: incident.resolvedAt ?? until,
    open,
    text: `${incident.kind} since ${timeWords(incident.startedAt, 'clock')}${open ? ', still open at the end' : ''}`,
  };
}

function markSpots(incidents: readonly Incident[], name: string): Lane['marks'] {
  const seen = new Set<string>();
  return incidents
    .flatMap(one => [...one.evidence, ...one.consequences])
    .filter(line => line.by === name)
    .filter(line => {
      const key = line.record ?? `${line.at} ${line.text}`;
      return seen.has(key) ? false : seen.add(key);
    })
    .map(line => ({ at: line.at, kind: line.role, text: line.text }))
    .sort((a, b) => a.at - b.at);
}

function silences(
  activity: readonly number[],
  interval: number,
  from: number,
  firstAt: number | undefined,
  lastAt: number | undefined,
): Lane['silences'] {
  if (firstAt === undefined || lastAt === undefined) return [];
  const found: Lane['silences'] = [];
  let quietSince = firstAt;
  for (let i = 0; i < activity.length; i++) {
    if (activity[i] === 0) continue;
    const at = from + i * interval;
    if (at - quietSince >= SILENCE_MS) found.push({ from: quietSince, to: at });
    quietSince = at + interval;
  }
  return found;
}
