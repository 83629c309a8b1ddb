import { type Care, NO_CARE } from '../../model/care.js';
import { DOCUMENT_KINDS } from '../../model/document-kinds.js';
import { type DocumentStore, listAll } from '../../model/documents.js';
import type { Clock } from '../../platform/clock.js';
import { DeadairError } from '../../platform/errors.js';

/** More notes on one incident are a chat, for which there are better places. */
const MOST_NOTES = 200;

/** What people did about incidents: acknowledged, noted, closed. */
export class CareBook {
  private readonly known = new Map<string, Care>();

  constructor(
    private readonly documents: DocumentStore,
    private readonly clock: Clock,
  ) {}

  async load(): Promise<void> {
    for (const { id, doc } of await listAll<Care>(this.documents, DOCUMENT_KINDS.care))
      this.known.set(id, doc);
  }

  of(incident: string): Care {
    return this.known.get(incident) ?? NO_CARE;
  }

  acknowledge(incident: string, by: string): Promise<Care> {
    const care = this.of(incident);
    // Who was first is what the others want to know.
    if (care.acknowledged) return Promise.resolve(care);
    return this.put(incident, { ...care, acknowledged: { by, at: this.clock.now() } });
  }

  /** @throws DeadairError `conflict` when there are too many */
  note(incident: string, by: string, text: string): Promise<Care> {
    const care = this.of(incident);
    if (care.notes.length >= MOST_NOTES)
      throw new DeadairError('conflict', `This incident has ${MOST_NOTES} notes already; write elsewhere.`);
    return this.put(incident, { ...care, notes: [...care.notes, { by, at: this.clock.now(), text }] });
  }

  close(incident: string, by: string): Promise<Care> {
    return this.put(incident, { ...this.of(incident), closed: { by, at: this.clock.now() } });
  }

  private async put(incident: string, care: Care): Promise<Care> {
    await this.documents.put(DOCUMENT_KINDS.care, incident, care);
    this.known.set(incident, care);
    return care;
  }
}
