import type { Mark } from '../../model/finding.js';
import { packMarks } from '../../model/mark-pack.js';
import type { EngineClient, EngineInput } from './engine-client.js';
import { SignsOfLife } from './signs-of-life.js';

/** Given to the engine at once at the latest, so that its thread reads while the main one does other things. */
const FEED_BYTES = 1024 * 1024;
/** Packed marks that wait to be judged, a minute of a hundred hosts that write nothing but faults: then lines must wait. */
const MOST_UNJUDGED = 32 * 1024 * 1024;

/** Gathers what the engine is told until it is asked, and knows how far the engine is behind. */
export class EngineFeed {
  private inputs: EngineInput[] = [];
  private waitingBytes = 0;
  private unjudged = 0;
  private readonly signs = new SignsOfLife(activity => this.give({ activity }));

  constructor(private readonly engine: Pick<EngineClient, 'feed'>) {}

  /** More comes in than can be judged: what is not taken now waits in the logs. */
  get behind(): boolean {
    return this.unjudged > MOST_UNJUDGED;
  }

  give(input: EngineInput): void {
    this.inputs.push(input);
    if (!('marks' in input)) return;
    this.waitingBytes += input.marks.bytes.length;
    this.unjudged += input.marks.bytes.length;
    if (this.waitingBytes >= FEED_BYTES) this.hand();
  }

  heard: SignsOfLife['heard'] = activity => this.signs.heard(activity);

  /** Marks as the store gives them, of one or several commits: their agents were heard, too. */
  marks(marks: readonly Mark[]): void {
    const bytes = packMarks(marks);
    if (bytes) this.give({ marks: { bytes, seq: marks.at(-1)!.seq } });
    for (const mark of marks) this.signs.heard(mark);
  }

  /**
   * To be called before the engine is asked.
   * @returns to be called when it has answered
   */
  flush(): () => void {
    this.signs.flush();
    this.hand();
    const { unjudged } = this;
    return () => {
      this.unjudged = Math.max(0, this.unjudged - unjudged);
    };
  }

  /** Another engine takes over, which knows nothing of what waits here. */
  clear(): void {
    this.signs.flush();
    this.inputs = [];
    this.waitingBytes = 0;
    this.unjudged = 0;
  }

  private hand(): void {
    if (this.inputs.length > 0) this.engine.feed(this.inputs);
    this.inputs = [];
    this.waitingBytes = 0;
  }
}
