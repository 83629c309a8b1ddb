/** What the page shows; the address bar holds it, so every view can be sent to somebody. */

export const TABS = ['run', 'lines', 'incidents', 'hosts', 'runs', 'kinds', 'alerts', 'health'] as const;
export type Tab = (typeof TABS)[number];

export interface View {
  /** '': the page chooses, the run while one goes on. */
  tab: Tab | '';
  q: string;
  agents: string[];
  /** This level and worse; '' for all. */
  level: string;
  classes: string[];
  /** As people type times: `15m`, `16:58`, `run`, ISO; '' for all time. */
  from: string;
  /** '' means until now: the list follows live. */
  to: string;
  order: 'newest' | 'oldest';
  /** What the histogram is stacked by. */
  by: 'class' | 'agent' | 'level';
  /** Marked in the lines without choosing them. */
  mark: string;
  /** The opened line. */
  line: string;
  incident: string;
  /** Which run lanes, kinds and diff are of; '' for the newest. */
  run: string;
  /** The run compared with; '' for the last healthy one. */
  before: string;
  /** Hosts side by side, and the moment they are looked at, ms since the epoch; 0: none. */
  beside: string[];
  at: number;
}

export const initialView: View = {
  tab: '',
  q: '',
  agents: [],
  level: '',
  classes: [],
  from: '15m',
  to: '',
  order: 'newest',
  by: 'class',
  mark: '',
  line: '',
  incident: '',
  run: '',
  before: '',
  beside: [],
  at: 0,
};

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
    tab: (TABS as readonly string[]).includes(tab) ? (tab as Tab) : tabOf(parameters),
    q: one('q'),
    agents: list('agent'),
    level: one('level'),
    classes: list('class'),
    from: from === ALL_TIME ? '' : from || initialView.from,
    to: one('to'),
    order: one('order') === 'oldest' ? 'oldest' : 'newest',
    by: by === 'agent' || by === 'level' ? by : 'class',
    mark: one('mark'),
    line: one('line'),
    incident: one('incident'),
    run: one('run'),
    before: one('before'),
    beside: list('beside').slice(0, 4),
    at: Number(one('at')) || 0,
  };
}

/** Addresses that tell no tab, as alerts and older versions write them, mean the lines or the incident they speak of. */
function tabOf(parameters: URLSearchParams): Tab | '' {
  if (parameters.has('incident')) return 'incidents';
  return [...parameters.keys()].length > 0 ? 'lines' : '';
}

export function viewAddress(view: View): string {
  const parameters = new URLSearchParams();
  const set = (name: string, value: string, usual = '') => {
    if (value !== usual) parameters.set(name, value);
  };
  set('tab', view.tab);
  set('q', view.q);
  set('agent', view.agents.join(','));
  set('level', view.level);
  set('class', view.classes.join(','));
  set('from', view.from === '' ? ALL_TIME : view.from, initialView.from);
  set('to', view.to);
  set('order', view.order, 'newest');
  set('by', view.by, 'class');
  set('mark', view.mark);
  set('line', view.line);
  set('incident', view.incident);
  set('run', view.run);
  set('before', view.before);
  set('beside', view.beside.join(','));
  set('at', view.at === 0 ? '' : String(view.at));
  // ':' and ',' are allowed in a query string and keep the address readable.
  const text = parameters.toString().replaceAll('%3A', ':').replaceAll('%2C', ',');
  return text === '' ? '/' : `/?${text}`;
}

/** The parameters the API's search, histogram, facets and tail take. */
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

/** Names one search: the same lines in the same order have the same key. */
export function searchKey(view: View): string {
  return `${view.order} ${searchParameters(view)}`;
}

/** What brings a view back to "all lines of this time". */
export const noFilters = { q: '', agents: [], level: '', classes: [], line: '' } satisfies Partial<View>;

export function isFiltered(view: View): boolean {
  return view.q.trim() !== '' || view.agents.length + view.classes.length > 0 || view.level !== '';
}

export type Change = (patch: Partial<View>, how?: 'push' | 'replace') => void;
