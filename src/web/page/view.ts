/** What is shown, as the address holds it: every view can be sent to a colleague and opened there. */

export type Tab = 'lines' | 'incidents' | 'agents' | 'runs';

export interface View {
  tab: Tab;
  /** Query text as typed. */
  q: string;
  /** Filters beside the query. */
  agents: string[];
  /** Lowest level, or ''. */
  level: string;
  classes: string[];
  /** `15m`, `run`, `run:NAME` or ISO 8601; '' = from the beginning. */
  from: string;
  /** ISO 8601, or '' = until now, which is also what can be followed live. */
  to: string;
  order: 'newest' | 'oldest';
  /** How the histogram is stacked. */
  by: 'class' | 'agent' | 'level';
  /** Id of the opened line. */
  line: string;
  /** Id of the opened incident. */
  incident: string;
}

export const initialView: View = {
  tab: 'lines',
  q: '',
  agents: [],
  level: '',
  classes: [],
  from: '15m',
  to: '',
  order: 'newest',
  by: 'class',
  line: '',
  incident: '',
};

const TABS: readonly string[] = ['lines', 'incidents', 'agents', 'runs'];
/** `from=` with nothing stands for "all time", which must differ from the default. */
const ALL_TIME = 'all';

export function parseView(search: string): View {
  const parameters = new URLSearchParams(search);
  const one = (name: string) => parameters.get(name) ?? '';
  const list = (name: string) => one(name).split(',').filter(Boolean);
  const tab = one('tab');
  const by = one('by');
  const from = one('from');
  return {
    tab: TABS.includes(tab) ? (tab as Tab) : 'lines',
    q: one('q'),
    agents: list('agent'),
    level: one('level'),
    classes: list('class'),
    from: from === ALL_TIME ? '' : from || initialView.from,
    to: one('to'),
    order: one('order') === 'oldest' ? 'oldest' : 'newest',
    by: by === 'agent' || by === 'level' ? by : 'class',
    line: one('line'),
    incident: one('incident'),
  };
}

export function viewAddress(view: View): string {
  const parameters = new URLSearchParams();
  const set = (name: string, value: string, usual = '') => {
    if (value !== usual) parameters.set(name, value);
  };
  set('tab', view.tab, 'lines');
  set('q', view.q);
  set('agent', view.agents.join(','));
  set('level', view.level);
  set('class', view.classes.join(','));
  set('from', view.from === '' ? ALL_TIME : view.from, initialView.from);
  set('to', view.to);
  set('order', view.order, 'newest');
  set('by', view.by, 'class');
  set('line', view.line);
  set('incident', view.incident);
  // ':' and ',' are allowed in a query string and keep the address readable.
  const text = parameters.toString().replaceAll('%3A', ':').replaceAll('%2C', ',');
  return text === '' ? '/' : `/?${text}`;
}

/** The parameters the API's search, histogram and tail take. */
export function searchParameters(view: View): URLSearchParams {
  const parameters = new URLSearchParams();
  if (view.q.trim() !== '') parameters.set('q', view.q);
  for (const agent of view.agents) parameters.append('agent', agent);
  if (view.level) parameters.set('level', view.level);
  for (const name of view.classes) parameters.append('class', name);
  if (view.from) parameters.set('from', view.from);
  if (view.to) parameters.set('to', view.to);
  return parameters;
}

/** Whether two views show the same lines (the histogram's stacking and what is opened aside). */
export function sameSearch(a: View, b: View): boolean {
  return a.order === b.order && searchParameters(a).toString() === searchParameters(b).toString();
}

export type Change = (change: Partial<View>, how?: 'push' | 'replace') => void;
