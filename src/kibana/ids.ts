import { LINES_VIEW } from '../wording/kibana-state.js';

/**
 * Ids of what Deadair puts into Kibana. Slugs instead of random ids: importing again replaces, never doubles, and links can
 * be written without asking Kibana first.
 */
export const IDS = {
  tag: 'deadair-tag',
  views: {
    lines: LINES_VIEW,
    /** The present state of each incident. */
    incidents: 'deadair-incidents',
    /** Everything that became of each. */
    changes: 'deadair-incident-changes',
    alerts: 'deadair-alerts',
    agents: 'deadair-agents',
  },
  sessions: {
    faults: 'deadair-session-faults',
    timeouts: 'deadair-session-timeouts',
    disconnects: 'deadair-session-disconnects',
    agent: 'deadair-session-agent',
    run: 'deadair-session-run',
    open: 'deadair-session-open',
    incidents: 'deadair-session-incidents',
    alerts: 'deadair-session-alerts',
    silent: 'deadair-session-silent',
  },
  dashboard: 'deadair-run-overview',
  runDashboard: 'deadair-one-run',
} as const;

/** Stands for the page's address in the built objects; the importer puts the real one in its place. */
export const PAGE_PLACEHOLDER = 'http://deadair.page.invalid';
