import { IDS } from '../../src/kibana/ids.js';
import { defined } from '../../src/platform/defined.js';
import { kuery, type SavedObject, savedObject, text } from '../saved-object.js';
import { FAULTS, tagReference, viewReference } from './common.js';

const SOURCE = 'kibanaSavedObjectMeta.searchSourceJSON.index';

interface Session {
  title: string;
  description: string;
  view: keyof typeof IDS.views;
  query?: string;
  /** ES|QL in place of view and query: Discover makes its data view of it. */
  esql?: string;
  columns: string[];
  order?: 'asc' | 'desc';
  breakdown?: string;
}

const WIDTHS: Record<string, { width: number }> = {
  'agent.id': { width: 130 },
  'log.level': { width: 90 },
  'deadair.class': { width: 110 },
  'deadair.incident.kind': { width: 150 },
  'deadair.incident.state': { width: 100 },
  'deadair.alert.channel': { width: 130 },
  'deadair.alert.status': { width: 110 },
};

const LINE = ['agent.id', 'log.level', 'message'];
const FAULT = ['agent.id', 'deadair.class', 'message'];

/** Everybody who should say something and has not for so long; change the time where it stands. */
const SILENT_FOR = '2 minutes';
const SILENT = [
  'FROM deadair-agents*',
  `| WHERE deadair.last_seen < NOW() - ${SILENT_FOR} AND deadair.state != "stopped"`,
  '| EVAL silent_seconds = DATE_DIFF("seconds", deadair.last_seen, NOW())',
  '| KEEP agent.id, host.name, deadair.state, deadair.phase, deadair.last_seen, silent_seconds',
  '| SORT silent_seconds DESC',
].join('\n');

const SESSIONS: Record<keyof typeof IDS.sessions, Session> = {
  faults: {
    title: 'network faults',
    description: 'Every line that says a connection failed, newest first',
    view: 'lines',
    query: FAULTS,
    columns: FAULT,
    breakdown: 'deadair.class',
  },
  timeouts: {
    title: 'timeouts',
    description: 'Lines that say something took too long, newest first',
    view: 'lines',
    query: 'deadair.class : timeout',
    columns: FAULT,
    breakdown: 'agent.id',
  },
  disconnects: {
    title: 'disconnects',
    description: 'Lines that say a connection broke or was refused, newest first',
    view: 'lines',
    query: 'deadair.class : (disconnect or refused)',
    columns: FAULT,
    breakdown: 'agent.id',
  },
  agent: {
    title: 'one agent',
    description: 'All lines of one agent, oldest first: put its name into the query',
    view: 'lines',
    query: 'agent.id : "agent-1"',
    columns: ['log.level', 'message', 'log.file.path'],
    order: 'asc',
    breakdown: 'log.level',
  },
  run: {
    title: 'one run',
    description:
      "All lines of everybody, oldest first: set the time to the run's. Deadair's links do that; the saved query “runs begin and end” finds it by hand",
    view: 'lines',
    columns: LINE,
    order: 'asc',
    breakdown: 'agent.id',
  },
  open: {
    title: 'open incidents',
    description: 'What is wrong now, whatever the time picker says',
    view: 'incidents',
    query: 'deadair.incident.state : open',
    columns: [
      'event.start',
      'deadair.incident.severity',
      'deadair.incident.kind',
      'deadair.incident.subjects',
      'event.reason',
    ],
  },
  incidents: {
    title: 'incidents',
    description: 'Who failed and how: each change of each incident, newest first',
    view: 'changes',
    columns: ['deadair.incident.state', 'deadair.incident.kind', 'deadair.incident.subjects', 'event.reason'],
    breakdown: 'deadair.incident.kind',
  },
  silent: {
    title: `silent longer than ${SILENT_FOR}`,
    description: 'Agents without a sign of life, the longest silent first, in ES|QL: change the time in it',
    view: 'agents',
    esql: SILENT,
    columns: [
      'agent.id',
      'host.name',
      'deadair.state',
      'deadair.phase',
      'deadair.last_seen',
      'silent_seconds',
    ],
  },
  alerts: {
    title: 'alerts',
    description: 'Who was told what, and whether it arrived, newest first',
    view: 'alerts',
    columns: ['deadair.alert.channel', 'deadair.alert.status', 'message'],
    breakdown: 'deadair.alert.status',
  },
};

/** Discover sessions; in saved objects their type is still called `search`. */
export function sessions(): SavedObject[] {
  return Object.entries(SESSIONS).map(([key, session]) =>
    savedObject(
      'search',
      IDS.sessions[key as keyof typeof SESSIONS],
      {
        title: `Deadair: ${session.title}`,
        description: session.description,
        columns: session.columns,
        sort: session.esql === undefined ? [['@timestamp', session.order ?? 'desc']] : [],
        grid: {
          columns: Object.fromEntries(
            session.columns.filter(column => WIDTHS[column]).map(column => [column, WIDTHS[column]]),
          ),
        },
        hideChart: false,
        isTextBasedQuery: session.esql !== undefined,
        timeRestore: false,
        usesAdHocDataView: false,
        ...defined({ breakdownField: session.breakdown }),
        kibanaSavedObjectMeta: {
          searchSourceJSON: text(
            session.esql === undefined
              ? { filter: [], highlightAll: true, indexRefName: SOURCE, query: kuery(session.query) }
              : { filter: [], query: { esql: session.esql } },
          ),
        },
      },
      session.esql === undefined
        ? [viewReference(SOURCE, IDS.views[session.view]), tagReference]
        : [tagReference],
    ),
  );
}
