import { DOCUMENT_KINDS } from '../model/document-kinds.js';
import type { DocumentStore } from '../model/documents.js';
import { listAll } from '../model/documents.js';
import type { Incident } from '../model/incident.js';
import type { Run } from '../model/run.js';

/** Runs and incidents that came from capsules: shown and reported like those found here, never judged or told again. */
export class Imports {
  private found: { runs: Run[]; incidents: Incident[] } = { runs: [], incidents: [] };

  constructor(private readonly documents: DocumentStore) {}

  /** At the start, and after each import. */
  async load(): Promise<void> {
    const [runs, incidents] = await Promise.all([
      listAll<Run>(this.documents, DOCUMENT_KINDS.importedRun),
      listAll<Incident>(this.documents, DOCUMENT_KINDS.importedIncident),
    ]);
    this.found = { runs: runs.map(({ doc }) => doc), incidents: incidents.map(({ doc }) => doc) };
  }

  runs(): Run[] {
    return this.found.runs;
  }

  /** As they were where they were found: one may never have been resolved. */
  incidents(): Incident[] {
    return this.found.incidents;
  }

  /** For lists of what is open: nothing of another service's is open here. */
  closedIncidents(): Incident[] {
    const ends = new Map(this.found.runs.map(run => [run.id, run.endedAt]));
    return this.found.incidents.map(incident =>
      incident.resolvedAt !== undefined
        ? incident
        : {
            ...incident,
            resolvedAt: Math.max(incident.updatedAt, ends.get(incident.run ?? '') ?? 0),
          },
    );
  }
}
