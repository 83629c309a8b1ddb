import { useEffect, useRef, useState } from 'preact/hooks';
import { countWords } from '../../../wording/amount.js';
import { IncidentStrip } from '../incidents/strip.js';
import { LoginDialog } from '../session/login-dialog.js';
import { SignedIn } from '../session/signed-in.js';
import { app, change, prefer, shownTab } from '../state/app.js';
import { TABS, type Tab } from '../state/view.js';
import { Icon } from './icons.js';
import { keysNow, useKeys } from './keys.js';

const NAMES: Record<Tab, string> = {
  run: 'Run',
  lines: 'Lines',
  incidents: 'Incidents',
  hosts: 'Hosts',
  runs: 'Runs',
  kinds: 'Kinds',
  alerts: 'Alerts',
  health: 'Health',
};

/** What stands on every view: where one is, who is missing, what is open. */
export function Shell({ children }: { children: preact.ComponentChildren }) {
  const tab = app.use(shownTab);
  const open = app.use(state => state.incidents.filter(one => one.resolvedAt === null).length);
  const connection = app.use(state => state.connection);
  const known = app.use(state => state.service !== undefined);
  useKeys([
    ...TABS.map((name, i) => ({
      keys: [String(i + 1)],
      says: i === 0 ? '1 … 8: run, lines, incidents, hosts, runs, kinds, alerts, health' : '',
      run: () => goTo(name),
    })),
    { keys: ['/'], says: 'search', run: toSearch },
    { keys: ['t'], says: 'light or dark', run: flipTheme },
    { keys: ['?'], says: 'this list', run: () => app.set({ helpOpen: true }) },
  ]);
  useEffect(() => {
    document.title = open > 0 ? `(${open}) Deadair` : 'Deadair';
    document.body.dataset.tab = tab;
  }, [open, tab]);
  return (
    <>
      <a class="skip" href="#main">
        Skip to the content
      </a>
      {connection === 'reconnecting' && known && (
        <div class="banner" role="alert">
          Connection lost: the service does not answer. What is shown is old; trying again.
        </div>
      )}
      <header class="top">
        <a class="brand" href="/" aria-label="Deadair, start page">
          <svg viewBox="0 0 28 16" aria-hidden="true">
            <path d="M1 8h4l2-6 4 12 3-9 1.5 3H27" />
          </svg>
          <span>Deadair</span>
        </a>
        <Tabs shown={tab} open={open} />
        <Health />
        <TopControls />
      </header>
      <IncidentStrip />
      <main id="main" tabIndex={-1}>
        {children}
      </main>
      <LoginDialog />
      <Help />
      <Say />
    </>
  );
}

function Tabs({ shown, open }: { shown: Tab; open: number }) {
  const nav = useRef<HTMLElement>(null);
  // Where they do not all fit, the one shown is in sight.
  useEffect(() => {
    nav.current?.querySelector('[aria-current]')?.scrollIntoView({ block: 'nearest', inline: 'center' });
  }, [shown, open]);
  return (
    <nav class="tabs" aria-label="Views" ref={nav}>
      {TABS.map(name => (
        <button
          type="button"
          key={name}
          data-tab={name}
          aria-current={name === shown ? 'page' : undefined}
          onClick={() => goTo(name)}
        >
          {NAMES[name]}
          {name === 'incidents' && open > 0 && (
            <span class="tab-count" id="count-incidents">
              {open}
            </span>
          )}
        </button>
      ))}
    </nav>
  );
}

function TopControls() {
  return (
    <div class="top-controls">
      <SignedIn />
      <button
        type="button"
        class="quiet"
        aria-label="Light or dark"
        title="Light or dark (t)"
        onClick={flipTheme}
      >
        <Icon name="sun" />
      </button>
      <button
        type="button"
        class="quiet"
        aria-label="Keyboard and query help"
        title="Keys and queries (?)"
        onClick={() => app.set({ helpOpen: true })}
      >
        <Icon name="help" />
      </button>
    </div>
  );
}

function goTo(tab: Tab): void {
  change({
    tab,
    ...(tab === 'incidents' ? { incident: '' } : {}),
    ...(tab === 'run' ? {} : { beside: [], at: 0 }),
  });
}

function toSearch(): void {
  change({ tab: 'lines' });
  const box = document.getElementById('query') as HTMLInputElement | null;
  box?.focus();
  box?.select();
}

function flipTheme(): void {
  const { theme } = app.get().preferences;
  const dark = theme === 'dark' || (theme === 'system' && matchMedia('(prefers-color-scheme: dark)').matches);
  prefer({ theme: dark ? 'light' : 'dark' });
}

/** One line for the eye that passes by: who is missing comes first. */
function Health() {
  const agents = app.use(state => state.agents);
  const open = app.use(state => state.incidents.some(one => one.resolvedAt === null));
  const store = app.use(state => state.storeHead);
  const inState = (...states: string[]) => agents.filter(agent => states.includes(agent.state));
  const bad = inState('lost', 'silent');
  const late = inState('late').length;
  const well = inState('live', 'quiet').length;
  const stopped = inState('stopped').length;
  const over = inState('ended');
  const failed = over.filter(agent => agent.phase === 'failed').length;
  const ended = over.length - failed;
  const parts = [
    bad.length > 0 && bad.length <= 2 && bad.map(agent => `${agent.id} ${agent.state}`).join(', '),
    bad.length > 2 && `${bad.length} hosts lost`,
    failed > 0 && `${countWords(failed)} failed`,
    late > 0 && `${late} late`,
    well > 0 && `${countWords(well)} alive`,
    ended > 0 && `${countWords(ended)} ended`,
    stopped > 0 && `${countWords(stopped)} stopped`,
    store && store.damaged.length > 0 && 'damaged store file',
  ].filter(Boolean);
  const state = bad.length > 0 ? 'bad' : open || late > 0 || failed > 0 ? 'late' : 'good';
  return (
    <button
      type="button"
      id="health"
      class="health"
      data-state={state}
      title="All hosts"
      onClick={() => change({ tab: 'hosts' })}
    >
      {parts.length > 0 ? parts.join(' · ') : 'no hosts yet'}
    </button>
  );
}

const QUERIES: [string, string][] = [
  ['timeout', 'a word, any case'],
  ['"connection reset by peer"', 'a phrase'],
  ['agent:agent-3 level>=warn', 'fields: agent host path level class rule event run'],
  ['status>=500 duration>1s', 'fields of JSON, logfmt and access logs, by number, time or size'],
  ['class:fault -heartbeat', 'every network fault, without a word'],
  ['(refused or reset) not agent:controller', 'or, not, brackets'],
  ['conn* *reset*', 'beginning of a word; anywhere'],
  ['/time(d )?out/i', 'regular expression'],
];

function Help() {
  const open = app.use(state => state.helpOpen);
  const dialog = useRef<HTMLDialogElement>(null);
  const [keys, setKeys] = useState(keysNow());
  useEffect(() => {
    if (!open) return;
    setKeys(keysNow());
    dialog.current?.showModal();
  }, [open]);
  if (!open) return null;
  return (
    <dialog ref={dialog} id="help" aria-labelledby="help-title" onClose={() => app.set({ helpOpen: false })}>
      <form method="dialog">
        <button type="submit" class="quiet close" aria-label="Close the help">
          <Icon name="close" />
        </button>
      </form>
      <h2 id="help-title">Searching and keys</h2>
      <div class="help-columns">
        <table class="help-table">
          <tbody>
            {QUERIES.map(([query, says]) => (
              <tr key={query}>
                <td>
                  <code>{query}</code>
                </td>
                <td>{says}</td>
              </tr>
            ))}
          </tbody>
        </table>
        <table class="help-table">
          <tbody>
            {keys.map(one => (
              <tr key={one.keys.join()}>
                <td>
                  {one.says.startsWith('1 …') ? (
                    <kbd>1–8</kbd>
                  ) : (
                    one.keys.map(key => (
                      <kbd key={key}>{key === ' ' ? 'space' : key.replace('Arrow', '')}</kbd>
                    ))
                  )}
                </td>
                <td>{one.says.replace(/^1 … 8: /, '')}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </dialog>
  );
}

function Say() {
  const text = app.use(state => state.say);
  return (
    <div class={text === '' ? 'say' : 'say shown'} role="status" aria-live="polite">
      {text}
    </div>
  );
}
