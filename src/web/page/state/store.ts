import { options } from 'preact';
import { useEffect, useState } from 'preact/hooks';

// One paint a frame whatever arrives: components that are to be drawn wait for the next frame together.
if (typeof requestAnimationFrame === 'function')
  options.debounceRendering = run => requestAnimationFrame(run);

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
    useEffect(() => {
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
