import { DOCUMENT_KINDS } from '../../model/document-kinds.js';
import { type DocumentStore, listAll } from '../../model/documents.js';
import type { Incident } from '../../model/incident.js';
import type { Run } from '../../model/run.js';

/** Incidents kept at hand for status and page; older ones stay in the store. */
const INCIDENTS_KEPT = 1000;
/** Put in order and cut when so many more have come. */
const SLACK = 100;

/** Incidents and runs as they are recorded, at hand for status, page and reports. */
export class Recorded {
  private readonly byId = new Map<string, Incident>();
  private readonly runsById = new Map<string, Run>();
  private newest: Incident[] | undefined;

  async read(documents: DocumentStore): Promise<void> {
    for (const { doc } of await listAll<Incident>(documents, DOCUMENT_KINDS.incident)) this.keep(doc);
    for (const { doc } of await listAll<Run>(documents, DOCUMENT_KINDS.run)) this.keepRun(doc);
  }

  keep(incident: Incident): void {
    this.byId.set(incident.id, incident);
    this.newest = undefined;
    if (this.byId.size > INCIDENTS_KEPT + SLACK)
      for (const old of this.inOrder().slice(INCIDENTS_KEPT)) this.byId.delete(old.id);
  }

  keepRun(run: Run): void {
    this.runsById.set(run.id, run);
  }

  incident(id: string): Incident | undefined {
    return this.byId.get(id);
  }

  run(id: string | undefined): Run | undefined {
    return id === undefined ? undefined : this.runsById.get(id);
  }

  /** Newest first. */
  incidents(): Incident[] {
    this.newest ??= this.inOrder().slice(0, INCIDENTS_KEPT);
    return this.newest.slice();
  }

  /** Newest first. */
  runs(): Run[] {
    return [...this.runsById.values()].sort((a, b) => b.startedAt - a.startedAt);
  }

  /** Whether an agent belongs to a run that goes on. */
  inRun(agent: string): boolean {
    for (const { endedAt, agents } of this.runsById.values())
      if (endedAt === undefined && agents.includes(agent)) return true;
    return false;
  }

  private inOrder(): Incident[] {
    return [...this.byId.values()].sort((a, b) => (a.id < b.id ? 1 : -1));
  }
}
