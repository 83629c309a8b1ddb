import type { SavedObject } from '../saved-object.js';
import { FAULTS } from './common.js';
import {
  bars,
  count,
  distinct,
  earliest,
  highest,
  latest,
  type Overlay,
  overTime,
  table,
  tile,
  topValues,
} from './lens.js';

/** As many agents as a stacked chart can still show; the tables hold all. */
const SHOWN_AGENTS = 20;
const ALL_AGENTS = 1000;

/** Where incidents began, over what the lines say; a chart's own query would be asked of both. */
function incidentsBegan(over: string): Overlay {
  return {
    id: `${over}-incidents`,
    view: 'changes',
    columns: [
      overTime('began', 'event.start'),
      topValues('kind', 'deadair.incident.kind', 'Incident', { size: 10, by: 'incidents' }),
      distinct('incidents', 'deadair.incident.id', 'Incidents that began'),
    ],
    x: 'began',
    split: 'kind',
    figure: 'incidents',
  };
}

export const faultsOverTime = bars({
  id: 'deadair-faults-over-time',
  title: 'faults over time',
  description: 'Lines that say a connection failed, by class; the line marks where incidents began',
  view: 'lines',
  over: incidentsBegan('deadair-faults-over-time'),
  columns: [
    overTime('time'),
    topValues('class', 'deadair.class', 'Fault class', {
      size: 10,
      by: 'faults',
      without: ['none', 'recovered'],
    }),
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
  apart: true,
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
  description:
    'How much each agent writes; a gap is no fault by itself. The line marks where incidents began',
  view: 'lines',
  over: incidentsBegan('deadair-volume'),
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

/** What varies from line to line stands as a placeholder: skeletons/mask.ts. */
export const kindsOfLines = table({
  id: 'deadair-kinds-of-lines',
  title: 'kinds of lines',
  description:
    'What is written, the most frequent first: a line without what varies in it. Sort by “First” for what is new',
  view: 'lines',
  columns: [
    // A blank line is of no kind.
    topValues('kind', 'deadair.skeleton', 'Kind of line', { size: 100, by: 'lines', without: [''] }),
    topValues('class', 'deadair.class', 'Class', { size: 10, by: 'lines' }),
    count('lines', 'Lines'),
    earliest('first', '@timestamp', 'First'),
    latest('last', '@timestamp', 'Last'),
  ],
  sort: { column: 'lines', direction: 'desc' },
});

/** Of each incident its latest sentence, with the way to its lines. */
const INCIDENT = [
  topValues('incident', 'deadair.incident.id', 'Incident', { size: 200, by: 'began', order: 'asc' }),
  topValues('summary', 'deadair.incident.summary', 'What happened', { size: 1, by: 'told' }),
  topValues('kind', 'deadair.incident.kind', 'Kind', { size: 1, by: 'told' }),
  topValues('lines', 'deadair.incident.lines', 'Lines', { size: 1, by: 'told' }),
  earliest('began', 'event.start', 'Began'),
  latest('told', '@timestamp', 'Last told'),
];

export const openIncidents = table({
  id: 'deadair-open-incidents',
  title: 'open incidents, and their lines',
  description: 'Who failed and why, the earliest first, whatever the time picker and the controls say',
  view: 'incidents',
  apart: true,
  columns: [
    topValues('state', 'deadair.incident.state', 'State', { size: 1, by: 'told', only: ['open'] }),
    ...INCIDENT,
  ],
  sort: { column: 'began', direction: 'asc' },
});

export const incidentsOfTime = table({
  id: 'deadair-incidents-of-time',
  title: 'incidents, and their lines',
  description:
    'Who failed and why in this time, the earliest first; the controls are about lines and leave it as it is',
  view: 'changes',
  apart: true,
  columns: [...INCIDENT, latest('over', 'event.end', 'Over')],
  sort: { column: 'began', direction: 'asc' },
});

export const alertsTold = table({
  id: 'deadair-alerts-told',
  title: 'alerts',
  description: 'Who was told what, and whether it arrived',
  view: 'alerts',
  apart: true,
  columns: [
    topValues('title', 'deadair.alert.title', 'What', { size: 200, by: 'at' }),
    topValues('channel', 'deadair.alert.channel', 'Channel', { size: 10, by: 'at' }),
    topValues('status', 'deadair.alert.status', 'Delivery', { size: 10, by: 'at' }),
    latest('at', '@timestamp', 'At'),
  ],
  sort: { column: 'at', direction: 'desc' },
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
    kindsOfLines,
    openIncidents,
    incidentsOfTime,
    alertsTold,
    incidentsOpen,
    agentsLost,
    agentsSilent,
    agentsAlive,
  ];
}
