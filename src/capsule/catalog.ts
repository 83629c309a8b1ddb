import type { Notification, Suppression } from '../alerts/records.js';
import { DOCUMENT_KINDS } from '../model/document-kinds.js';
import type { DocumentStore } from '../model/documents.js';
import { listAll } from '../model/documents.js';
import type { Incident } from '../model/incident.js';
import type { Run } from '../model/run.js';
import type { CapsuleAlert } from './format.js';

/** Runs, incidents and alerts as the store remembers them: beside a running service and without one. */
export class Catalog {
  constructor(private readonly documents: DocumentStore) {}

  /** Newest first. */
  async runs(): Promise<Run[]> {
    const pinned = new Set((await listAll(this.documents, DOCUMENT_KINDS.pinnedRun)).map(({ id }) => id));
    const runs = await this.all<Run>(DOCUMENT_KINDS.run, DOCUMENT_KINDS.handRun, DOCUMENT_KINDS.importedRun);
    return runs
      .map(run => ({ ...run, pinned: pinned.has(run.id) }))
      .sort((a, b) => b.startedAt - a.startedAt);
  }

  /** Oldest first. */
  async incidents(wanted: (incident: Incident) => boolean): Promise<Incident[]> {
    const all = await this.all<Incident>(DOCUMENT_KINDS.incident, DOCUMENT_KINDS.importedIncident);
    return all.filter(wanted).sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  /** What was told of these incidents, and what was held back. */
  async alerts(incidents: ReadonlySet<string>): Promise<CapsuleAlert[]> {
    const alerts: CapsuleAlert[] = [];
    for (const kind of [DOCUMENT_KINDS.notification, DOCUMENT_KINDS.importedNotification])
      for (const { id, doc } of await listAll<Notification>(this.documents, kind))
        if (doc.incidents.some(incident => incidents.has(incident)))
          alerts.push({ type: 'notification', id, record: { ...doc } });
    for (const kind of [DOCUMENT_KINDS.suppression, DOCUMENT_KINDS.importedSuppression])
      for (const { id, doc } of await listAll<Suppression>(this.documents, kind))
        if (incidents.has(doc.incident)) alerts.push({ type: 'suppression', id, record: { ...doc } });
    return alerts;
  }

  private async all<T>(...kinds: string[]): Promise<T[]> {
    const lists = await Promise.all(kinds.map(kind => listAll<T>(this.documents, kind)));
    return lists.flat().map(({ doc }) => doc);
  }
}
