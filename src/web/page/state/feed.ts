import { naturalOrder } from '../../../platform/natural-order.js';
import { client, withQuery } from '../api/client.js';
import { EventStream } from '../api/stream.js';
import type { OverviewChange } from '../api/types.js';
import { type AppState, app } from './app.js';

let stream: EventStream | undefined;

/** Follows the overview into the store; called again after a login. */
export function followOverview(): void {
  stream?.close();
  stream = new EventStream(client, after => withQuery('/v1/events', after ? { after } : undefined), {
    event(name, data) {
      if (name === 'change') app.set(applied(app.get(), JSON.parse(data) as OverviewChange));
    },
    state: connection => app.set({ connection }),
    failed: () => app.set({ connection: 'reconnecting' }),
  });
}

/** Once a second, for what tells distances to now; not while nobody looks. */
export function tick(): void {
  setInterval(() => {
    if (!document.hidden) app.set({ tick: app.get().tick + 1 });
  }, 1000);
}

/** The state with a change in it. Entries that did not change stay the same objects, so nothing drawn from them is touched. */
function applied(state: AppState, change: OverviewChange): Partial<AppState> {
  const { set, gone, reset } = change;
  const patch: Partial<AppState> = { clockOffset: Date.parse(change.now) - Date.now() };
  if (set.service) patch.service = set.service[0];
  if (set.store) patch.storeHead = set.store[0];
  if (reset || set.agents || gone.agents)
    patch.agents = merged(reset ? [] : state.agents, set.agents, gone.agents).sort(byName);
  if (reset || set.incidents || gone.incidents)
    patch.incidents = merged(reset ? [] : state.incidents, set.incidents, gone.incidents).sort((a, b) =>
      a.id < b.id ? 1 : -1,
    );
  if (reset || set.runs || gone.runs)
    patch.runs = merged(reset ? [] : state.runs, set.runs, gone.runs).sort((a, b) =>
      a.startedAt < b.startedAt ? 1 : -1,
    );
  if (reset || set.life || gone.life)
    patch.life = new Map(
      merged(reset ? [] : [...state.life.values()], set.life, gone.life).map(one => [one.id, one]),
    );
  return patch;
}

function merged<T extends { id: string }>(known: readonly T[], set: T[] = [], gone: string[] = []): T[] {
  const all = new Map(known.map(one => [one.id, one]));
  for (const id of gone) all.delete(id);
  for (const one of set) all.set(one.id, one);
  return [...all.values()];
}

/** agent-2 before agent-10; the controller first, as people look for it there. */
function byName(a: { id: string }, b: { id: string }): number {
  const first = (one: { id: string }) => (/^controller/i.test(one.id) ? 0 : 1);
  return first(a) - first(b) || naturalOrder(a.id, b.id);
}
