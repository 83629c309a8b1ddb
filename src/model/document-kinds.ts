/** Kinds of documents in the store (documents.ts): every one stands here, so that no two parts take the same word. */
export const DOCUMENT_KINDS = {
  incident: 'incident',
  /** What people did about it; id: the incident's. */
  care: 'incident-care',
  /** Runs the logs tell of, and those marked by hand. */
  run: 'run',
  handRun: 'hand-run',
  /** Id: the run's. */
  pinnedRun: 'pinned-run',
  /** What came from capsules (src/capsule): never judged or told again. */
  capsule: 'capsule',
  importedRun: 'imported-run',
  importedIncident: 'imported-incident',
  /** Id: the source here; says which source it was where it was collected. */
  importedSource: 'imported-source',
  /** What is known of an incident and told to whom. */
  alertState: 'alert-state',
  /** The outbox, and what was held back or dropped. */
  notification: 'notification',
  suppression: 'suppression',
  silence: 'silence',
  /** Shown beside the own ones, never sent. */
  importedNotification: 'imported-notification',
  importedSuppression: 'imported-suppression',
  /** The incident engine's checkpoint. */
  engine: 'engine',
  /** Who judges, where several services share a store. */
  lease: 'lease',
  /** Newest heartbeat of each host. */
  host: 'host',
  /** What a run's lines consisted of. */
  profile: 'template-profile',
  /** Kinds of lines around an incident that healthy runs do not have. */
  unusual: 'incident-unusual',
  /** Tokens by name, and whose a host is. */
  accessToken: 'access-token',
  hostOwner: 'host-owner',
  /** How far `deadair migrate` has come. */
  migration: 'migration',
  /** Elasticsearch: how its indices are laid out. */
  plan: '_plan',
  /** Elasticsearch with the book at home (store/elasticsearch/home): whose it is, where sources stand, gaps, marks. */
  book: 'es-book',
  bookSource: 'es-source',
  bookGap: 'es-gap',
  bookMarks: 'es-marks',
} as const;
