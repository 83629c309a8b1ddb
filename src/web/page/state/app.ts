import type { TimeStyle } from '../../../wording/time.js';
import type { Agent, IncidentHead, Life, Reply, Run, ServiceHead, StoreHead } from '../api/types.js';
import { applyPreferences, loadPreferences, type Preferences, savePreferences } from './preferences.js';
import { drawWaiting, Store } from './store.js';
import { type Change, parseView, type Tab, type View, viewAddress } from './view.js';

export interface AppState {
  view: View;
  preferences: Preferences;
  /** Undefined until the first event came. */
  service: ServiceHead | undefined;
  storeHead: StoreHead | undefined;
  agents: readonly Agent[];
  life: ReadonlyMap<string, Life>;
  incidents: readonly IncidentHead[];
  runs: readonly Run[];
  connection: 'connecting' | 'live' | 'reconnecting';
  /** Server's clock minus ours: "5 s ago" must not depend on this computer's clock. */
  clockOffset: number;
  /** Grows once a second while the page is seen: what tells distances to now looks at it. */
  tick: number;
  /** Whether a token is asked for: `over` where there was a session. */
  login: 'no' | 'first' | 'over';
  /** Grows with each login: every view begins anew with it. */
  sessions: number;
  /** Undefined until the service said it. */
  who: Reply<'GET /v1/whoami'> | undefined;
  helpOpen: boolean;
  say: string;
}

export const app = new Store<AppState>({
  view: parseView(typeof location === 'undefined' ? '' : location.search),
  preferences: loadPreferences(),
  service: undefined,
  storeHead: undefined,
  agents: [],
  life: new Map(),
  incidents: [],
  runs: [],
  connection: 'connecting',
  clockOffset: 0,
  tick: 0,
  login: 'no',
  sessions: 0,
  who: undefined,
  helpOpen: false,
  say: '',
});

/** What is shown follows from the view, and the view from the address. */
export const change: Change = (patch, how = 'push') => {
  const { view } = app.get();
  const next = { ...view, ...patch };
  // Where the page chose the tab, what is opened on it belongs to that one.
  if (next.tab === '') next.tab = shownTab(app.get());
  if (JSON.stringify(next) === JSON.stringify(view)) return;
  const address = viewAddress(next);
  if (how === 'push') history.pushState(null, '', address);
  else history.replaceState(null, '', address);
  app.set({ view: next });
  // The next key is meant for the new view: it must be there at once, not with the next frame.
  if (next.tab !== view.tab) drawWaiting();
};

export function followAddress(): void {
  addEventListener('popstate', () => app.set({ view: parseView(location.search) }));
}

export function prefer(patch: Partial<Preferences>): void {
  const preferences = { ...app.get().preferences, ...patch };
  savePreferences(preferences);
  applyPreferences(preferences);
  app.set({ preferences });
}

const serverNow = (): number => Date.now() + app.get().clockOffset;

/** The server's time, followed once a second. */
export function useNow(): number {
  app.use(state => state.tick);
  return serverNow();
}

export function useStyle(): TimeStyle {
  const utc = app.use(state => state.preferences.times === 'utc');
  return { utc };
}

/** The tab shown: where the address says nothing, the run while one goes on, and also while nothing is known of any line. */
export function shownTab(state: AppState): Tab {
  if (state.view.tab !== '') return state.view.tab;
  const open = state.incidents.some(one => one.resolvedAt === null);
  return open || state.runs.some(run => run.endedAt === null) ? 'run' : 'lines';
}

let sayTimer: ReturnType<typeof setTimeout> | undefined;

/** A word at the foot of the page, for a moment. */
export function say(text: string): void {
  app.set({ say: text });
  clearTimeout(sayTimer);
  sayTimer = setTimeout(() => app.set({ say: '' }), 4000);
}

export function sayError(error: unknown): void {
  say(error instanceof Error ? error.message : String(error));
}
