import type { Incident } from '../model/incident.js';
import { IDS } from './ids.js';
import { kqlQuoted } from './kql.js';

/** `alerts.kibana` in deadair.yaml. */
export interface KibanaLinkSettings {
  /** Where people reach Kibana. */
  url: string;
  /** Id of the data view of lines; Deadair's own unless somebody made another. */
  dataView?: string | undefined;
  space?: string | undefined;
}

const COLUMNS = ['agent.id', 'log.level', 'message'];
/** Lines before and after in "surrounding documents". */
const AROUND = 25;
/** Bytes of the file shown before and after a line. */
const FILE_BYTES = 64 * 1024;
const DAY = 86_400_000;

/** Addresses in Kibana (discover_router.tsx, app_locator_get_location.ts): its state is Rison in the fragment. */
export class KibanaLinks {
  private readonly base: string;
  private readonly view: string;

  constructor(settings: KibanaLinkSettings) {
    const { space } = settings;
    this.base =
      settings.url.replace(/\/+$/, '') +
      (space && space !== 'default' ? `/s/${encodeURIComponent(space)}` : '');
    this.view = settings.dataView ?? IDS.views.lines;
  }

  /** Discover with lines of some agents (of all, when none is named) in a time span; times in ms. */
  lines(span: { from: number; to: number; agents?: readonly string[] }): string {
    return this.discover({ ...span, kql: agentsQuery(span.agents ?? []), sort: ['@timestamp', 'asc'] });
  }

  /** The session "one run": everybody's lines in the run's time, split by agent. */
  run(span: { from: number; to: number; agents?: readonly string[] }): string {
    const agents = span.agents ?? [];
    return this.discover(
      { ...span, kql: agentsQuery(agents), sort: ['@timestamp', 'asc'] },
      IDS.sessions.run,
    );
  }

  overview(span: { from: number; to: number }): string {
    return `${this.base}/app/dashboards#/view/${IDS.dashboard}?_g=${state({ time: times(span) })}`;
  }

  /**
   * "Surrounding documents" of a line: what everybody wrote around it. Order within one time is that of the file where Kibana's
   * setting context:tieBreakerFields begins with deadair.offset (deploy/kibana.yml sets it).
   * @param record `SOURCE:OFFSET`, which is the document's id
   */
  surrounding(record: string): string {
    const app = { columns: COLUMNS, filters: [], predecessorCount: AROUND, successorCount: AROUND };
    return `${this.base}/app/discover#/context/${encodeURIComponent(this.view)}/${encodeURIComponent(record)}?_g=${state({ filters: [] })}&_a=${state(app)}`;
  }

  /**
   * The file itself around a line, in file order whatever the lines' times say.
   * @param at the line's time, ms
   */
  file(record: string, at: number): string {
    const cut = record.lastIndexOf(':');
    const [source, offset] = [record.slice(0, cut), Number(record.slice(cut + 1))];
    const kql = `deadair.source : ${kqlQuoted(source)} and deadair.offset >= ${Math.max(0, offset - FILE_BYTES)} and deadair.offset < ${offset + FILE_BYTES}`;
    return this.discover({ from: at - DAY, to: at + DAY, kql, sort: ['deadair.offset', 'asc'] });
  }

  private discover(
    wanted: { from: number; to: number; kql: string; sort: [string, 'asc' | 'desc'] },
    session?: string,
  ): string {
    const app = {
      columns: COLUMNS,
      dataSource: { dataViewId: this.view, type: 'dataView' },
      filters: [],
      interval: 'auto',
      query: { language: 'kuery', query: wanted.kql },
      sort: [wanted.sort],
    };
    const global = { filters: [], refreshInterval: { pause: true, value: 60_000 }, time: times(wanted) };
    const path = session === undefined ? '' : `view/${encodeURIComponent(session)}`;
    return `${this.base}/app/discover#/${path}?_g=${state(global)}&_a=${state(app)}`;
  }
}

function agentsQuery(agents: readonly string[]): string {
  return agents.length === 0 ? '' : `agent.id : (${agents.map(kqlQuoted).join(' or ')})`;
}

function times({ from, to }: { from: number; to: number }): { from: string; to: string } {
  return { from: new Date(from).toISOString(), to: new Date(to).toISOString() };
}

/** Rison for a URL's fragment; '#', '&', '+' and '%' must stay encoded, the rest is kept readable. */
function state(value: unknown): string {
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
