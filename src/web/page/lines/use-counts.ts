import { useEffect, useRef, useState } from 'preact/hooks';
import { isAbort } from '../api/client.js';

export interface Counts<R> {
  /** Names the question; another one breaks off what was asked before. */
  key: string;
  /** The lines of the same question are on the screen: whoever asks waits for them, not for what is counted beside them. */
  ready: boolean;
  /** Changes when it may be time to look whether the same question is to be asked again. */
  tick: unknown;
  /** Whether to ask again what was asked so many ms ago. */
  due: (ageMs: number) => boolean;
  ask: (signal: AbortSignal) => Promise<R>;
  failed: (error: unknown) => void;
}

/** What is counted over the lines shown: asked for when they are there, one question at a time. */
export function useCounts<R>({ key, ready, tick, due, ask, failed }: Counts<R>): R | undefined {
  const [reply, setReply] = useState<R>();
  const asked = useRef<{ key: string; at: number; stop: AbortController } | undefined>(undefined);
  useEffect(() => {
    const before = asked.current;
    if (before && before.key !== key) before.stop.abort();
    if (!ready) return;
    if (before?.key === key && !before.stop.signal.aborted && !due(Date.now() - before.at)) return;
    // The same question asked again replaces the one whose answer has not come.
    before?.stop.abort();
    const stop = new AbortController();
    asked.current = { key, at: Date.now(), stop };
    ask(stop.signal).then(
      found => {
        if (!stop.signal.aborted) setReply(() => found);
      },
      error => {
        if (isAbort(error)) return;
        setReply(undefined);
        failed(error);
      },
    );
  }, [key, ready, tick]);
  useEffect(() => () => asked.current?.stop.abort(), []);
  return reply;
}
