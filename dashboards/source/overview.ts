import { IDS } from '../../src/kibana/ids.js';
import type { SavedObject } from '../saved-object.js';
import { dashboard, type Placed } from './dashboard.js';
import { overviewHead, runHead } from './heads.js';
import {
  agentsAlive,
  agentsLost,
  agentsSilent,
  alertsTold,
  faultsByAgent,
  faultsOverTime,
  firstFaults,
  incidentsOfTime,
  incidentsOpen,
  kindsOfLines,
  lastSign,
  openIncidents,
  volume,
} from './panels.js';

const tile = { type: 'lens', y: 0, w: 6, h: 7 } as const;

const OVERVIEW: Placed[] = [
  { id: overviewHead.id, type: 'visualization', x: 0, y: 0, w: 24, h: 7 },
  { ...tile, id: incidentsOpen.id, x: 24 },
  { ...tile, id: agentsLost.id, x: 30 },
  { ...tile, id: agentsSilent.id, x: 36 },
  { ...tile, id: agentsAlive.id, x: 42 },
  { id: openIncidents.id, type: 'lens', x: 0, y: 7, w: 24, h: 11 },
  { id: lastSign.id, type: 'lens', x: 24, y: 7, w: 24, h: 11 },
  { id: firstFaults.id, type: 'lens', x: 0, y: 18, w: 48, h: 10 },
  { id: faultsOverTime.id, type: 'lens', x: 0, y: 28, w: 32, h: 11 },
  { id: faultsByAgent.id, type: 'lens', x: 32, y: 28, w: 16, h: 11 },
  { id: incidentsOfTime.id, type: 'lens', x: 0, y: 39, w: 32, h: 12 },
  { id: alertsTold.id, type: 'lens', x: 32, y: 39, w: 16, h: 12 },
  { id: volume.id, type: 'lens', x: 0, y: 51, w: 48, h: 11 },
  { id: kindsOfLines.id, type: 'lens', x: 0, y: 62, w: 48, h: 12 },
  { id: IDS.sessions.silent, type: 'search', x: 0, y: 74, w: 48, h: 9 },
  { id: IDS.sessions.faults, type: 'search', x: 0, y: 83, w: 48, h: 18 },
];

/** What is left of a run when it is over: nothing of it is about now, so that it can be read a week later. */
const RUN: Placed[] = [
  { id: runHead.id, type: 'visualization', x: 0, y: 0, w: 48, h: 5 },
  { id: firstFaults.id, type: 'lens', x: 0, y: 5, w: 48, h: 12 },
  { id: incidentsOfTime.id, type: 'lens', x: 0, y: 17, w: 48, h: 10 },
  { id: faultsOverTime.id, type: 'lens', x: 0, y: 27, w: 24, h: 11 },
  { id: volume.id, type: 'lens', x: 24, y: 27, w: 24, h: 11 },
  { id: faultsByAgent.id, type: 'lens', x: 0, y: 38, w: 16, h: 11 },
  { id: kindsOfLines.id, type: 'lens', x: 16, y: 38, w: 32, h: 11 },
  { id: IDS.sessions.run, type: 'search', x: 0, y: 49, w: 48, h: 20 },
];

export function dashboards(): SavedObject[] {
  return [
    dashboard({
      id: IDS.runDashboard,
      title: 'Deadair – one run',
      description: "Who failed first, and what everybody wrote: set the time to the run's",
      layout: RUN,
    }),
    dashboard({
      id: IDS.dashboard,
      title: 'Deadair – run overview',
      description: 'Who is alive, what is wrong, what the logs say of it',
      layout: OVERVIEW,
      live: { from: 'now-3h', refresh: 30_000 },
    }),
  ];
}
