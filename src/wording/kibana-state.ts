import type { Incident } from '../model/incident.js';
import { kqlQuoted } from './kql-quoted.js';

/** Id of the data view of lines that Deadair puts into Kibana. */
export const LINES_VIEW = 'deadair-lines';
/** What Discover shows of a line. */
export const LINE_COLUMNS = ['agent.id', 'log.level', 'message'];
/** More agents make a query that no address holds. */
const MOST_AGENTS = 20;

/** Discover's state as its address holds it (app_locator_get_location.ts): `_g=…&_a=…`. Times in ms. */
export function discoverState(wanted: {
  from: number;
  to: number;
  kql: string;
  sort: [string, 'asc' | 'desc'];
  view: string;
}): string {
  const app = {
    columns: LINE_COLUMNS,
    dataSource: { dataViewId: wanted.view, type: 'dataView' },
    filters: [],
    interval: 'auto',
    query: { language: 'kuery', query: wanted.kql },
    sort: [wanted.sort],
  };
  const global = { filters: [], refreshInterval: { pause: true, value: 60_000 }, time: times(wanted) };
  return `_g=${state(global)}&_a=${state(app)}`;
}

/** Discover's state for the lines of an incident: of those it is about, around its time, oldest first. */
export function incidentLinesState(
  incident: Pick<Incident, 'startedAt' | 'openedAt' | 'resolvedAt' | 'subjects'>,
): string {
  const kql = incident.subjects.length > MOST_AGENTS ? '' : agentsQuery(incident.subjects);
  return discoverState({ ...incidentSpan(incident), kql, sort: ['@timestamp', 'asc'], view: LINES_VIEW });
}

export function agentsQuery(agents: readonly string[]): string {
  return agents.length === 0 ? '' : `agent.id : (${agents.map(kqlQuoted).join(' or ')})`;
}

export function times({ from, to }: { from: number; to: number }): { from: string; to: string } {
  return { from: new Date(from).toISOString(), to: new Date(to).toISOString() };
}

/** Rison for a URL's fragment; '#', '&', '+' and '%' must stay encoded, the rest is kept readable. */
export function state(value: unknown): string {
  return encodeURIComponent(rison(value))
    .replaceAll('%2C', ',')
    .replaceAll('%3A', ':')
    .replaceAll('%40', '@')
    .replaceAll('%24', '$');
}

const BARE = /^[^\-0123456789 '!:(),*@$][^ '!:(),*@$]*$/;

/** Rison (nanonext/rison, the form Kibana reads): JSON in the characters a URL may hold. */
export function rison(value: unknown): string {
  if (value === null || value === undefined) return '!n';
  if (value === true) return '!t';
  if (value === false) return '!f';
  if (typeof value === 'number') return Number.isFinite(value) ? String(value).replace('+', '') : '!n';
  if (typeof value === 'string') return BARE.test(value) ? value : `'${value.replace(/[!']/g, '!$&')}'`;
  if (Array.isArray(value)) return `!(${value.map(rison).join(',')})`;
  const members = Object.entries(value as Record<string, unknown>)
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return `(${members.map(([key, member]) => `${rison(key)}:${rison(member)}`).join(',')})`;
}

/** Milliseconds shown around the moment. */
const MOMENT = { before: 60_000, after: 120_000 };

/** The time span worth a look around an incident, ms. */
export function incidentSpan(incident: Pick<Incident, 'startedAt' | 'openedAt' | 'resolvedAt'>): {
  from: number;
  to: number;
} {
  return {
    from: incident.startedAt - MOMENT.before,
    to: (incident.resolvedAt ?? incident.openedAt) + MOMENT.after,
  };
}
