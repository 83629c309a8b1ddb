import type { SavedObject } from '../saved-object.js';
import { FAULTS } from './common.js';
import { bars, count, earliest, highest, latest, overTime, table, tile, topValues } from './lens.js';

/** As many agents as a stacked chart can still show; the tables hold all. */
const SHOWN_AGENTS = 20;
const ALL_AGENTS = 1000;

export const faultsOverTime = bars({
  id: 'deadair-faults-over-time',
  title: 'faults over time',
  description: 'Lines that say a connection failed, by class',
  view: 'lines',
  query: FAULTS,
  columns: [
    overTime('time'),
    topValues('class', 'deadair.class', 'Fault class', { size: 10, by: 'faults' }),
    count('faults', 'Faults'),
  ],
  x: 'time',
  split: 'class',
  figure: 'faults',
  series: 'bar_stacked',
});

export const faultsByAgent = bars({
  id: 'deadair-faults-by-agent',
  title: 'faults by agent',
  description: 'Who complains, and of what. The one who fails often says nothing: see the incidents',
  view: 'lines',
  query: FAULTS,
  columns: [
    topValues('agent', 'agent.id', 'Agent', { size: SHOWN_AGENTS, by: 'faults' }),
    topValues('class', 'deadair.class', 'Fault class', { size: 10, by: 'faults' }),
    count('faults', 'Faults'),
  ],
  x: 'agent',
  split: 'class',
  figure: 'faults',
  series: 'bar_horizontal_stacked',
});

/** One text an agent: that of its earliest fault, whose time is the row's. */
export const firstFaults = table({
  id: 'deadair-first-faults',
  title: 'first fault by agent',
  description:
    'Who failed first: the first line of each agent that says a connection failed, the earliest on top',
  view: 'lines',
  query: FAULTS,
  columns: [
    topValues('agent', 'agent.id', 'Agent', { size: ALL_AGENTS, by: 'first', order: 'asc' }),
    topValues('fault', 'deadair.fault', 'First fault', { size: 1, by: 'first', order: 'asc' }),
    topValues('class', 'deadair.class', 'Class', { size: 1, by: 'first', order: 'asc' }),
    earliest('first', '@timestamp', 'At'),
  ],
  sort: { column: 'first', direction: 'asc' },
});

export const lastSign = table({
  id: 'deadair-last-sign',
  title: 'last sign of life',
  description: 'Every agent as it is now, the longest silent first; the time picker does not touch it',
  view: 'agents',
  columns: [
    topValues('agent', 'agent.id', 'Agent', { size: ALL_AGENTS, by: 'seen', order: 'asc' }),
    topValues('state', 'deadair.state', 'State', { size: 10, by: 'seen', order: 'asc', missing: true }),
    topValues('phase', 'deadair.phase', 'Phase', { size: 10, by: 'seen', order: 'asc', missing: true }),
    latest('seen', 'deadair.last_seen', 'Last sign of life'),
    highest('open', 'deadair.open_incidents', 'Open incidents'),
    highest('lag', 'deadair.lag_bytes', 'Not shipped yet'),
  ],
  sort: { column: 'seen', direction: 'asc' },
});

export const volume = bars({
  id: 'deadair-volume',
  title: 'lines per agent',
  description: 'How much each agent writes; a gap here is no fault by itself',
  view: 'lines',
  columns: [
    overTime('time'),
    topValues('agent', 'agent.id', 'Agent', { size: SHOWN_AGENTS, by: 'lines' }),
    count('lines', 'Lines'),
  ],
  x: 'time',
  split: 'agent',
  figure: 'lines',
  series: 'bar_stacked',
});

export const topPatterns = table({
  id: 'deadair-top-patterns',
  title: 'top patterns',
  description: 'What the rules recognise most often',
  view: 'lines',
  query: 'deadair.rule : *',
  columns: [
    topValues('rule', 'deadair.rule', 'Pattern (rule)', { size: 30, by: 'lines' }),
    topValues('class', 'deadair.class', 'Class', { size: 10, by: 'lines' }),
    count('lines', 'Lines'),
    latest('last', '@timestamp', 'Last'),
  ],
  sort: { column: 'lines', direction: 'desc' },
});

/** As they are now, whatever the time picker says: neither view has a time field. */
export const incidentsOpen = tile({
  id: 'deadair-incidents-open',
  title: 'open incidents',
  description: 'Incidents that are open now',
  view: 'incidents',
  query: 'deadair.incident.state : open',
  label: 'Open incidents',
  color: '#F04E98',
});

export const agentsLost = tile({
  id: 'deadair-agents-lost',
  title: 'agents lost',
  description: 'Agents that an open incident calls lost',
  view: 'agents',
  query: 'deadair.state : lost',
  label: 'Lost',
  color: '#E7664C',
});

export const agentsSilent = tile({
  id: 'deadair-agents-silent',
  title: 'agents silent',
  description: 'Agents without a line, whose host gives no sign of life either',
  view: 'agents',
  query: 'deadair.state : (late or silent)',
  label: 'Silent',
  color: '#D6BF57',
});

export const agentsAlive = tile({
  id: 'deadair-agents-alive',
  title: 'agents alive',
  description: 'Agents that write lines, or whose host gives a sign of life',
  view: 'agents',
  query: 'deadair.state : (live or quiet)',
  label: 'Alive',
  color: '#54B399',
});

export function panels(): SavedObject[] {
  return [
    firstFaults,
    faultsOverTime,
    faultsByAgent,
    lastSign,
    volume,
    topPatterns,
    incidentsOpen,
    agentsLost,
    agentsSilent,
    agentsAlive,
  ];
}
