import { options } from 'preact';
import { useLayoutEffect, useState } from 'preact/hooks';

let waiting: { run: () => void; frame: number } | undefined;

// One paint a frame whatever arrives: components that are to be drawn wait for the next frame together.
if (typeof requestAnimationFrame === 'function')
  options.debounceRendering = run => {
    const frame = requestAnimationFrame(() => {
      waiting = undefined;
      run();
    });
    waiting = { run, frame };
  };

/** Draws what waits for the next frame now: a key is meant for what was done before it, not for what was drawn before it. */
export function drawWaiting(): void {
  for (let rounds = 0; waiting && rounds < 10; rounds++) {
    const { run, frame } = waiting;
    waiting = undefined;
    cancelAnimationFrame(frame);
    run();
  }
}

/** One value that components look at through selectors; a component is drawn anew only when what it looks at changed. */
export class Store<S> {
  private readonly listeners = new Set<() => void>();

  constructor(private value: S) {}

  get(): S {
    return this.value;
  }

  set(patch: Partial<S>): void {
    this.value = { ...this.value, ...patch };
    for (const listener of [...this.listeners]) listener();
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** What `select` says of the state, followed. It must give the same thing while nothing changed (Object.is). */
  use<T>(select: (state: S) => T): T {
    const [, draw] = useState(0);
    const chosen = select(this.value);
    // At once, not after the paint: a key may come before that.
    useLayoutEffect(() => {
      let last = chosen;
      const look = () => {
        const fresh = select(this.value);
        if (Object.is(fresh, last)) return;
        last = fresh;
        draw(n => n + 1);
      };
      // It may have changed between drawing and this.
      look();
      return this.subscribe(look);
    }, [chosen]);
    return chosen;
  }
}
