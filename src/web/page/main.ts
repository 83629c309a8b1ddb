import { agentList, agentTable } from './agents.js';
import { type Agent, Api, ApiError, type Incident, isAbort, type Run, type Status, token } from './api.js';
import { byId, fill, h, icon } from './dom.js';
import { count, plural } from './format.js';
import { HistogramChart } from './histogram.js';
import { incidentCards, incidentPanel, incidentTable } from './incidents.js';
import { bindKeys } from './keys.js';
import { openKibana } from './kibana.js';
import { Lines } from './lines.js';
import { applyPreferences, loadPreferences, savePreferences } from './preferences.js';
import { runSummary, runTable } from './runs.js';
import { TimePicker } from './timepicker.js';
import { Toolbar } from './toolbar.js';
import {
  type Change,
  initialView,
  parseView,
  sameSearch,
  searchParameters,
  type View,
  viewAddress,
} from './view.js';

const STATUS_EVERY_MS = 2000;
/** With a stream of new lines the histogram follows at most this often. */
const HISTOGRAM_EVERY_MS = 3000;
const HISTOGRAM_QUIET_MS = 10_000;
const HISTOGRAM_BUCKETS = 120;

const preferences = loadPreferences();
applyPreferences(preferences);
const style = () => ({ utc: preferences.utc });

let view: View = parseView(location.search);
let status: Status | undefined;
/** Server's clock minus ours: "5 s ago" must not depend on this computer's clock. */
let clockOffset = 0;
const serverNow = () => Date.now() + clockOffset;

const api = new Api(askForToken);

// ---- what is shown follows from the view, and the view from the address

const change: Change = (patch, how = 'push') => {
  const next = { ...view, ...patch };
  if (JSON.stringify(next) === JSON.stringify(view)) return;
  const address = viewAddress(next);
  if (how === 'push') history.pushState(null, '', address);
  else history.replaceState(null, '', address);
  goTo(next);
};

addEventListener('popstate', () => goTo(parseView(location.search)));

function goTo(next: View, everything = false): void {
  const before = view;
  view = next;
  showTab();
  toolbar.show(view);
  timePicker.show(view);
  drawControls();
  if (everything || !sameSearch(before, view)) {
    void lines.show(view);
    void loadHistogram();
  } else {
    if (before.line !== view.line) void lines.open(view.line);
    if (before.by !== view.by) void loadHistogram();
  }
  if (everything || before.incident !== view.incident) void showIncident();
  if (everything || before.tab !== view.tab) void loadTab();
  drawSide();
}

function showTab(): void {
  for (const panel of document.querySelectorAll<HTMLElement>('.tab'))
    panel.hidden = panel.dataset.tab !== view.tab;
  for (const button of byId('tabs').querySelectorAll('button'))
    button.setAttribute('aria-current', button.dataset.tab === view.tab ? 'page' : 'false');
  document.body.dataset.tab = view.tab;
}

for (const button of byId('tabs').querySelectorAll('button'))
  button.addEventListener('click', () => change({ tab: button.dataset.tab as View['tab'] }));

// ---- lines

const toolbar = new Toolbar({ change, agents: () => (status?.agents ?? []).map(agent => agent.id) });
const timePicker = new TimePicker({
  button: byId<HTMLButtonElement>('time-button'),
  panel: byId('time-panel'),
  change,
  style,
  runs: () => status?.runs ?? [],
});
const lines = new Lines({
  api,
  box: byId('lines-box'),
  scroller: byId('lines'),
  pill: byId<HTMLButtonElement>('pill'),
  style,
  change,
  say,
  onProblem: problem => {
    toolbar.problem(problem);
    if (problem && problem.status !== 400 && problem.status !== 401 && problem.status !== 403)
      connection(problem);
  },
  onLive: drawLive,
  onNewLines: () => scheduleHistogram(),
  emptyText,
});

function emptyText(current: View): (HTMLElement | string)[] {
  const filtered =
    current.q !== '' || current.agents.length + current.classes.length > 0 || current.level !== '';
  const anything = (status?.store.lines ?? 0) > 0;
  const clear = h(
    'button',
    {
      type: 'button',
      class: 'secondary',
      on: { click: () => change({ ...initialView, from: current.from, to: current.to }) },
    },
    'Clear filters',
  );
  const all = h(
    'button',
    { type: 'button', class: 'secondary', on: { click: () => change({ from: '', to: '' }) } },
    'Search all time',
  );
  if (!anything)
    return [
      h('h2', {}, 'Nothing has been logged yet'),
      h(
        'p',
        {},
        status?.watching.length
          ? `Watching ${status.watching.join(', ')}. Write something:`
          : 'Connect a host:',
      ),
      h(
        'pre',
        { class: 'snippet' },
        status?.watching.length
          ? `echo "hello from agent-1" >> ${status.watching[0]}/agent-1.log`
          : `deadair collect --to ${location.origin} --watch /home/ubuntu/sai3-logs`,
      ),
    ];
  return [
    h('h2', {}, filtered ? 'No line matches' : 'No lines in this time'),
    h(
      'p',
      {},
      filtered
        ? 'Nothing in the chosen time fits the search and the filters.'
        : 'There are lines, but not in the chosen time.',
    ),
    h(
      'p',
      { class: 'empty-actions' },
      filtered && clear,
      current.from !== '' || current.to !== '' ? all : '',
    ),
  ];
}

function drawLive(state: 'live' | 'paused' | 'reconnecting' | 'off'): void {
  const button = byId<HTMLButtonElement>('live');
  button.dataset.state = state;
  button.setAttribute('aria-pressed', String(state === 'live' || state === 'reconnecting'));
  button.disabled = state === 'off';
  const text = { live: 'Live', paused: 'Paused', reconnecting: 'Reconnecting', off: 'Not live' }[state];
  button.title =
    state === 'off'
      ? 'Only a span that ends now, newest first, can be followed'
      : state === 'live'
        ? 'Pause (p)'
        : 'Follow (p)';
  fill(button, state === 'paused' ? icon('play') : h('span', { class: 'live-dot' }), text);
}
byId('live').addEventListener('click', () => lines.setPaused(!lines.isPaused));

// ---- histogram

const chart = new HistogramChart({
  box: byId('chart'),
  legend: byId('legend'),
  style,
  onBrush: (from, to) => change({ from: new Date(from).toISOString(), to: new Date(to).toISOString() }),
  onPick: (by, key) => {
    if (by === 'agent') change({ agents: [key], line: '' });
    else if (by === 'level') change({ level: key, line: '' });
    else change({ classes: [key], line: '' });
  },
});
let histogramRequest: AbortController | undefined;
let histogramAt = 0;
let histogramTimer: ReturnType<typeof setTimeout> | undefined;

async function loadHistogram(): Promise<void> {
  clearTimeout(histogramTimer);
  histogramTimer = undefined;
  histogramAt = Date.now();
  histogramRequest?.abort();
  const request = new AbortController();
  histogramRequest = request;
  const parameters = searchParameters(view);
  parameters.set('by', view.by);
  parameters.set('buckets', String(HISTOGRAM_BUCKETS));
  try {
    chart.show(await api.histogram(parameters, request.signal), view.by);
  } catch (error) {
    if (!isAbort(error) && !(error instanceof ApiError)) throw error;
  }
}

function scheduleHistogram(): void {
  histogramTimer ??= setTimeout(() => void loadHistogram(), HISTOGRAM_EVERY_MS);
}

const stack = byId<HTMLSelectElement>('stack');
stack.addEventListener('change', () => change({ by: stack.value as View['by'] }, 'replace'));

// ---- status: agents, incidents, the run

async function loadStatus(): Promise<void> {
  try {
    const fresh = await api.status();
    clockOffset = Date.parse(fresh.now) - Date.now();
    const first = status === undefined;
    const changed = !first && incidentsOf(status) !== incidentsOf(fresh);
    status = fresh;
    connection(null);
    toolbar.drawFilters();
    drawSide();
    if (view.tab !== 'lines') void loadTab();
    // "The last 15 minutes" go on also while nothing is written.
    else if (view.to === '' && Date.now() - histogramAt > HISTOGRAM_QUIET_MS) scheduleHistogram();
    if (changed || (view.incident !== '' && openIncident?.resolvedAt === null)) void showIncident();
  } catch (error) {
    if (error instanceof ApiError && error.status !== 401 && error.status !== 403) connection(error);
  }
}

const incidentsOf = (from: Status | undefined) =>
  JSON.stringify(
    from?.incidents.map(incident => [incident.id, incident.evidence.length, incident.resolvedAt]),
  );

function drawSide(): void {
  if (!status) return;
  const now = serverNow();
  const incidents = status.incidents.filter(incident => !incident.resolvedAt);
  incidentCards(byId('side-incidents'), incidents, view.incident, {
    now,
    style: style(),
    change,
    openPostmortem,
  });
  agentList(byId('side-agents'), status.agents, { now, style: style(), change, chosen: view.agents });
  runSummary(byId('side-run'), status.runs, runContext());
  byId('count-incidents').textContent = incidents.length > 0 ? String(incidents.length) : '';
  byId('count-agents').textContent = status.agents.length > 0 ? String(status.agents.length) : '';
  drawHealth(status.agents, incidents);
  const { store } = status;
  fill(
    byId('side-foot'),
    h('span', {}, plural(store.lines, 'line')),
    h('span', { title: 'The OpenAPI description' }, h('a', { href: '/openapi.json' }, 'API')),
    h('span', {}, `Deadair ${status.version}`),
  );
  document.title = incidents.length > 0 ? `(${incidents.length}) Deadair` : 'Deadair';
}

/** One line for the eye that passes by: who is missing comes first. */
function drawHealth(agents: Agent[], incidents: Incident[]): void {
  const inState = (...states: string[]) => agents.filter(agent => states.includes(agent.state));
  const bad = inState('lost', 'silent');
  const late = inState('late').length;
  const alive = inState('live', 'quiet').length;
  const stopped = inState('stopped').length;
  const box = byId('health');
  box.dataset.state = incidents.length > 0 || bad.length > 0 ? 'bad' : late > 0 ? 'late' : 'good';
  const parts = [
    bad.length > 0 && bad.length <= 2 && bad.map(agent => `${agent.id} ${agent.state}`).join(', '),
    bad.length > 2 && `${bad.length} agents lost`,
    late > 0 && `${late} late`,
    alive > 0 && `${count(alive)} alive`,
    stopped > 0 && `${count(stopped)} stopped`,
    status?.store.damaged.length ? plural(status.store.damaged.length, 'damaged store file') : false,
    status?.store.warnings.length ? plural(status.store.warnings.length, 'store warning') : false,
  ];
  box.title = [
    ...(status?.store.damaged ?? []).map(one => one.reason),
    ...(status?.store.warnings ?? []),
  ].join('\n');
  const text = parts.filter(Boolean).join(' · ');
  if (box.textContent !== text) box.textContent = text;
}

// ---- one incident, and the tables

let openIncident: Incident | undefined;

async function showIncident(): Promise<void> {
  const box = byId('incident');
  if (view.incident === '') {
    openIncident = undefined;
    box.hidden = true;
    return;
  }
  try {
    openIncident = await api.incident(view.incident);
    if (openIncident.id !== view.incident) return;
    incidentPanel(box, openIncident, {
      now: serverNow(),
      style: style(),
      change,
      openPostmortem,
      openKibana: toKibana(),
    });
  } catch (error) {
    if (isAbort(error)) return;
    fill(box, h('p', { class: 'problem' }, (error as Error).message));
  }
  box.hidden = false;
}

async function loadTab(): Promise<void> {
  const now = serverNow();
  try {
    if (view.tab === 'agents' && status)
      agentTable(byId('tab-agents'), status.agents, { now, style: style(), change, chosen: view.agents });
    else if (view.tab === 'incidents')
      incidentTable(byId('tab-incidents'), await api.incidents(), {
        now,
        style: style(),
        change,
        openPostmortem,
        openKibana: toKibana(),
      });
    else if (view.tab === 'runs') runTable(byId('tab-runs'), await api.runs(), runContext());
  } catch (error) {
    if (!isAbort(error)) say((error as Error).message);
  }
}

function runContext() {
  const act = (work: Promise<Run>) =>
    void work.then(
      () => loadStatus().then(loadTab),
      (error: Error) => say(error.message),
    );
  return {
    now: serverNow(),
    style: style(),
    change,
    openPostmortem,
    openKibana: toKibana(),
    start: (name: string) => act(api.startRun(name)),
    stop: (id: string) => act(api.stopRun(id)),
    pin: (id: string, pinned: boolean) => act(api.pinRun(id, pinned)),
  };
}

/** A link can't carry the token: with one, the report comes as a file, which opens offline anyway. */
function openPostmortem(run: string): void {
  const address = `/v1/postmortem?${new URLSearchParams({ run, format: 'html' })}`;
  if (!token.get()) {
    open(address, '_blank', 'noopener');
    return;
  }
  void api
    .fetch(address)
    .then(response => response.blob())
    .then(
      blob => {
        const link = h('a', { href: URL.createObjectURL(blob), download: `postmortem-${run}.html` });
        link.click();
        URL.revokeObjectURL(link.href);
      },
      (error: Error) => say(error.message),
    );
}

/** A way into Kibana, where there is one. */
function toKibana(): ((path: string) => void) | undefined {
  return api.kibana ? path => openKibana(api, path, say) : undefined;
}

// ---- connection, token, messages

function connection(problem: ApiError | null): void {
  const banner = byId('banner');
  banner.hidden = problem === null;
  if (problem)
    banner.textContent =
      problem.status === 0
        ? 'Connection lost: the service does not answer. What is shown is old; trying again every 2 seconds.'
        : problem.message;
}

function askForToken(wrong: boolean): void {
  const dialog = byId<HTMLDialogElement>('token-dialog');
  if (wrong) token.clear();
  byId('token-problem').hidden = !wrong;
  if (!dialog.open) dialog.showModal();
}

byId<HTMLFormElement>('token-form').addEventListener('submit', () => {
  token.set(byId<HTMLInputElement>('token').value.trim());
  byId<HTMLInputElement>('token').value = '';
  goTo(view, true);
  void loadStatus();
});

let sayTimer: ReturnType<typeof setTimeout> | undefined;
function say(text: string): void {
  const box = byId('say');
  box.textContent = text;
  box.classList.add('shown');
  clearTimeout(sayTimer);
  sayTimer = setTimeout(() => box.classList.remove('shown'), 3500);
}

// ---- controls that change only how it looks

function drawControls(): void {
  const newest = view.order === 'newest';
  fill(byId('order'), icon(newest ? 'down' : 'up'), newest ? 'Newest first' : 'Oldest first');
  fill(byId('wrap'), icon('wrap'), 'Wrap');
  byId('wrap').setAttribute('aria-pressed', String(preferences.wrap));
  byId('zone').textContent = preferences.utc ? 'UTC' : 'Local time';
  stack.value = view.by;
}

function setPreference(patch: Partial<typeof preferences>): void {
  Object.assign(preferences, patch);
  savePreferences(preferences);
  applyPreferences(preferences);
  drawControls();
}

function toggleZone(): void {
  setPreference({ utc: !preferences.utc });
  lines.redraw();
  chart.draw();
  timePicker.show(view);
  void showIncident();
  void loadTab();
}

function toggleTheme(): void {
  const dark =
    preferences.theme === 'dark' ||
    (preferences.theme === 'system' && matchMedia('(prefers-color-scheme: dark)').matches);
  setPreference({ theme: dark ? 'light' : 'dark' });
  chart.draw();
}

byId('order').addEventListener('click', () =>
  change({ order: view.order === 'newest' ? 'oldest' : 'newest' }),
);
byId('wrap').addEventListener('click', () => setPreference({ wrap: !preferences.wrap }));
byId('zone').addEventListener('click', toggleZone);
byId('theme').addEventListener('click', toggleTheme);
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => chart.draw());
byId('help-open').addEventListener('click', () => byId<HTMLDialogElement>('help').showModal());
fill(byId('theme'), icon('sun'));
fill(byId('help-open'), icon('help'));
fill(byId('help-close'), icon('close'));
fill(byId('query-clear'), icon('close'));
fill(byId('search-icon'), icon('search'));
byId('stack-frame').append(icon('caret'));

bindKeys({
  search: () => {
    change({ tab: 'lines' });
    toolbar.focus();
  },
  move: step => lines.move(step),
  close: () => (view.line !== '' ? change({ line: '' }, 'replace') : change({ incident: '' })),
  pause: () => lines.setPaused(!lines.isPaused),
  newest: () => lines.toNewest(),
  wrap: () => setPreference({ wrap: !preferences.wrap }),
  zone: toggleZone,
  help: () => byId<HTMLDialogElement>('help').showModal(),
  tab: tab => change({ tab }),
});

drawLive('off');
await loadStatus();
goTo(view, true);
setInterval(() => {
  if (!document.hidden) void loadStatus();
}, STATUS_EVERY_MS);
document.addEventListener('visibilitychange', () => {
  if (!document.hidden) void loadStatus();
});
