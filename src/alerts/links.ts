import { type KibanaLinkSettings, KibanaLinks } from '../kibana/links.js';
import type { Incident } from '../model/incident.js';
import { incidentSpan } from '../wording/kibana-state.js';

/** Addresses a message or report points to. */
export interface AlertLinks {
  /** The page, at the moment the fault began. */
  page?: string;
  /** Discover: the lines of the agents concerned around it. */
  kibana?: string;
  /** Kibana's surrounding documents of the first line of evidence: what everybody wrote then. */
  surrounding?: string;
  postmortem?: string;
}

export type LinkMaker = (incident: Incident) => AlertLinks;

export interface LinkSettings {
  pageUrl?: string | undefined;
  kibana?: KibanaLinkSettings | undefined;
}

/** Links of an incident: to the page, to Kibana where it is used, to the post-mortem. */
export function createLinks(settings: LinkSettings): LinkMaker {
  const page = settings.pageUrl?.replace(/\/+$/, '');
  const kibana = settings.kibana && new KibanaLinks(settings.kibana);
  return incident => {
    const span = incidentSpan(incident);
    const links: AlertLinks = {};
    if (page) {
      const moment = new URLSearchParams({
        incident: incident.id,
        from: new Date(span.from).toISOString(),
        to: new Date(span.to).toISOString(),
      });
      links.page = `${page}/?${moment}`;
      if (incident.run)
        links.postmortem = `${page}/v1/postmortem?${new URLSearchParams({ run: incident.run, format: 'html' })}`;
    }
    if (kibana) {
      links.kibana = kibana.lines({ ...span, agents: incident.subjects });
      const line = [...incident.evidence].sort((a, b) => a.at - b.at).find(one => one.record !== undefined);
      if (line?.record) links.surrounding = kibana.surrounding(line.record);
    }
    return links;
  };
}
