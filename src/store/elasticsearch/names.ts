/** Every index and data stream Deadair has, by its namespace (kibana.md: {type}-{dataset}-{namespace}). */
export interface IndexNames {
  /** Data stream: one document a line. */
  lines: string;
  /** Lines that the data stream refused (somebody changed its mapping): same mapping, nothing is lost. */
  aside: string;
  /** Where each source stands, and its open line: one document a source. */
  sources: string;
  gaps: string;
  /** Runs, incidents, outbox, checkpoint: small versioned documents. */
  documents: string;
  /** One document an agent, for Kibana. */
  agents: string;
  /** One document an incident, its present state, for Kibana. */
  incidentStates: string;
  /** Data streams: what became of incidents and alerts, for Kibana; one document a change. */
  incidents: string;
  alerts: string;
}

export function indexNames(namespace: string): IndexNames {
  const own = (name: string) => `deadair-${name}${namespace === 'default' ? '' : `-${namespace}`}`;
  const stream = (dataset: string) => `logs-deadair.${dataset}-${namespace}`;
  return {
    lines: stream('lines'),
    incidents: stream('incidents'),
    alerts: stream('alerts'),
    aside: own('aside'),
    sources: own('sources'),
    gaps: own('gaps'),
    documents: own('documents'),
    agents: own('agents'),
    incidentStates: own('incidents'),
  };
}

/** Those that are plain indices: made at setup, since the key may not make any. */
export function plainIndices(names: IndexNames): string[] {
  return [names.sources, names.documents, names.gaps, names.aside, names.agents, names.incidentStates];
}
