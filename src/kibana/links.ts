import { agentsQuery, discoverState, LINE_COLUMNS, state, times } from '../wording/kibana-state.js';
import { kqlQuoted } from '../wording/kql-quoted.js';
import { IDS } from './ids.js';

/** `alerts.kibana` in deadair.yaml. */
export interface KibanaLinkSettings {
  /** Where people reach Kibana. */
  url: string;
  /** Id of the data view of lines; Deadair's own unless somebody made another. */
  dataView?: string | undefined;
  space?: string | undefined;
}

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
    const app = { columns: LINE_COLUMNS, filters: [], predecessorCount: AROUND, successorCount: AROUND };
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
    const path = session === undefined ? '' : `view/${encodeURIComponent(session)}`;
    return `${this.base}/app/discover#/${path}?${discoverState({ ...wanted, view: this.view })}`;
  }
}
