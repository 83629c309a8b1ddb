import type { Incident } from '../incidents/incident.js';

/** Addresses a message or report points to. */
export interface AlertLinks {
  /** The page, at the moment the fault began. */
  page?: string;
  kibana?: string;
  postmortem?: string;
}

export type LinkMaker = (incident: Incident) => AlertLinks;

export interface LinkSettings {
  pageUrl?: string | undefined;
  kibana?: { url: string; dataView: string } | undefined;
}

/** Seconds shown around the moment. */
const AROUND = { before: 60_000, after: 120_000 };

/** The one place that knows the page's and Kibana's addresses. */
export function createLinks(settings: LinkSettings): LinkMaker {
  const page = settings.pageUrl?.replace(/\/+$/, '');
  return incident => {
    const from = new Date(incident.startedAt - AROUND.before).toISOString();
    const to = new Date((incident.resolvedAt ?? incident.openedAt) + AROUND.after).toISOString();
    const links: AlertLinks = {};
    if (page) {
      const moment = new URLSearchParams({ incident: incident.id, from, to });
      links.page = `${page}/?${moment}`;
      if (incident.run)
        links.postmortem = `${page}/v1/postmortem?${new URLSearchParams({ run: incident.run, format: 'html' })}`;
    }
    if (settings.kibana) links.kibana = discoverLink(settings.kibana, incident.subjects, from, to);
    return links;
  };
}

/**
 * Kibana's Discover with time and agents set. Its state is Rison in the fragment; all values here are strings, so
 * quoting them is all of Rison that is needed.
 */
function discoverLink(
  kibana: { url: string; dataView: string },
  agents: string[],
  from: string,
  to: string,
): string {
  const kql = agents.map(agent => `agent.id:"${agent.replace(/[\\"]/g, '\\$&')}"`).join(' or ');
  const app =
    `(columns:!(agent.id,log.level,message),dataSource:(dataViewId:${rison(kibana.dataView)},type:dataView),` +
    `query:(language:kuery,query:${rison(kql)}),sort:!(!('@timestamp',asc)))`;
  const global = `(time:(from:${rison(from)},to:${rison(to)}))`;
  return `${kibana.url.replace(/\/+$/, '')}/app/discover#/?_g=${encodeURIComponent(global)}&_a=${encodeURIComponent(app)}`;
}

function rison(text: string): string {
  return `'${text.replace(/[!']/g, '!$&')}'`;
}
