/** Kinds of the documents that more than one part of the service reads (store.ts, DocumentStore). */
export const DOCUMENT_KINDS = {
  incident: 'incident',
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
} as const;
