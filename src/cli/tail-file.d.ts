/** The part of the package tail-file that `deadair tail FILE…` uses; the package has no types of its own. */
declare module 'tail-file' {
  import type { EventEmitter } from 'node:events';
  export default class Tail extends EventEmitter {
    constructor(
      file: string,
      options?: { encoding?: string; startPos?: 'start' | 'end' | number; force?: boolean },
    );
    start(): void;
    stop(): Promise<void>;
  }
}
