import { DOCUMENT_KINDS } from '../../model/document-kinds.js';
import type { DocumentStore } from '../../model/documents.js';
import type { Clock } from '../../platform/clock.js';
import { defined } from '../../platform/defined.js';
import type { FeedPosition } from './store-feed.js';

const ID = 'checkpoint';
const EVERY_MS = 10_000;
/**
 * After a change, too, no sooner than this. What a crash in between loses are heartbeats and probes of that time, which
 * come again; marks are taken up from the store, and changes are known by their ids.
 */
const SOON_MS = 2000;
/** Nor before so many times as long as the last took: the state of a thousand hosts is megabytes. */
const REST = 20;

export interface Checkpoint {
  /** The engine's state (EngineClient.save); absent in those of releases before. */
  packed?: string;
  /** Marks up to this commit are in the state. */
  seq: number;
  /** Marks of later commits that are in it, too (StoreFeed). */
  seen?: FeedPosition['seen'];
  at: number;
}

/** When the engine's state is written down, and where. */
export class Checkpoints {
  /** Something was taken in since the last. */
  dirty = false;
  /** Something was told since the last. */
  told = false;
  private at = 0;
  private took = 0;

  constructor(
    private readonly documents: DocumentStore,
    private readonly clock: Clock,
  ) {}

  async last(): Promise<Checkpoint | undefined> {
    return (await this.documents.get<Checkpoint>(DOCUMENT_KINDS.engine, ID))?.doc;
  }

  get due(): boolean {
    if (!this.dirty && !this.told) return false;
    return this.clock.now() - this.at >= Math.max(REST * this.took, this.told ? SOON_MS : EVERY_MS);
  }

  /** @param save asked at once: what is taken in from now on is not in it. @returns to be written */
  async make(
    save: () => Promise<string>,
    seq: number,
    seen: Checkpoint['seen'],
  ): Promise<{ kind: string; id: string; doc: Checkpoint }> {
    const began = this.clock.now();
    this.dirty = false;
    this.told = false;
    const packed = await save();
    this.at = this.clock.now();
    this.took = this.at - began;
    return { kind: DOCUMENT_KINDS.engine, id: ID, doc: { packed, seq, ...defined({ seen }), at: began } };
  }
}
