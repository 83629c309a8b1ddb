import { render } from 'preact';
import { client } from './api/client.js';
import { IncidentsView } from './incidents/incidents-view.js';
import { LinesView } from './lines/lines-view.js';
import { RunView } from './runs/run-view.js';
import { RunsView } from './runs/runs-view.js';
import { askForLogin, followWho } from './session/session.js';
import { app, followAddress, shownTab } from './state/app.js';
import { followOverview, tick } from './state/feed.js';
import { applyPreferences } from './state/preferences.js';
import type { Tab } from './state/view.js';
import { followKeys } from './ui/keys.js';
import { Shell } from './ui/shell.js';
import { AlertsView } from './views/alerts.js';
import { HealthView } from './views/health.js';
import { HostsView } from './views/hosts.js';
import { KindsView } from './views/kinds.js';

const VIEWS: Record<Tab, () => preact.ComponentChild> = {
  run: () => <RunView />,
  lines: () => <LinesView />,
  incidents: () => <IncidentsView />,
  hosts: () => <HostsView />,
  runs: () => <RunsView />,
  kinds: () => <KindsView />,
  alerts: () => <AlertsView />,
  health: () => <HealthView />,
};

/** Sheets scroll as a whole; the others have parts that scroll. */
const SHEETS: readonly Tab[] = ['incidents', 'hosts', 'runs', 'kinds', 'alerts', 'health'];

function App() {
  const tab = app.use(shownTab);
  const sessions = app.use(state => state.sessions);
  // Until it is known whether a run goes on, the page does not guess: a view that is replaced at once is a jump.
  const ready = app.use(
    state => state.view.tab !== '' || state.service !== undefined || state.login !== 'no',
  );
  return (
    <Shell>
      <div
        key={sessions}
        class={`tab ${SHEETS.includes(tab) ? 'sheet' : ''}`}
        id={`tab-${tab}`}
        data-tab={tab}
      >
        {ready ? VIEWS[tab]() : <div class="loading" aria-busy="true" />}
      </div>
    </Shell>
  );
}

applyPreferences(app.get().preferences);
client.onUnauthorized = askForLogin;
followAddress();
followKeys();
followOverview();
followWho(client);
tick();
render(<App />, document.getElementById('app')!);
