import type { DocumentStore } from '../model/documents.js';
import { messageOf } from '../platform/errors.js';
import type { Logger } from '../platform/logger.js';

export interface Write {
  kind: string;
  id: string;
  doc: unknown;
}

/**
 * Writes documents, all or none. Alerts are recorded first and sent after; but when the store can't write (its disk is
 * full, say) people must hear of faults all the same. So a failed write is kept and joined to the next one, and the
 * caller goes on. What this may cost: after a crash in that state a message can come a second time.
 */
export class Recorder {
  private readonly unwritten = new Map<string, Write>();

  constructor(
    private readonly documents: DocumentStore,
    private readonly logger: Logger,
  ) {}

  /** True when these and all earlier writes are durable. */
  async write(writes: Write[]): Promise<boolean> {
    const batch = new Map(this.unwritten);
    for (const write of writes) batch.set(`${write.kind}\n${write.id}`, write);
    if (batch.size === 0) return true;
    try {
      await this.documents.putMany([...batch.values()]);
    } catch (thrown) {
      for (const [key, write] of batch) this.unwritten.set(key, write);
      this.logger.error('alerts.record-failed', {
        documents: batch.size,
        error: thrown instanceof Error ? thrown.message : messageOf(thrown),
      });
      return false;
    }
    // A newer version of the same document may have failed meanwhile; only what was written leaves.
    for (const [key, write] of batch) if (this.unwritten.get(key) === write) this.unwritten.delete(key);
    return true;
  }

  get behind(): boolean {
    return this.unwritten.size > 0;
  }
}
