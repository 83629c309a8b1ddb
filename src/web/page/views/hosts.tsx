import { countWords, plural, sizeWords } from '../../../wording/amount.js';
import { agoWords, durationWords } from '../../../wording/duration.js';
import { fullTime } from '../../../wording/time.js';
import { client } from '../api/client.js';
import type { Agent, Life } from '../api/types.js';
import { FirstStart } from '../runs/run-view.js';
import { app, change, say, sayError, useNow, useStyle } from '../state/app.js';
import { noFilters } from '../state/view.js';
import { agentHue } from '../ui/agent-hue.js';
import { Empty, QuietButton } from '../ui/common.js';
import { Table } from '../ui/table.js';
import { OverRuns } from './over-runs.js';

/** What a state means, for the tooltip and for who can't see its colour. */
const STATE_TEXT: Record<string, string> = {
  live: 'signs of life now',
  quiet: 'alive; writes nothing, as it may in this phase',
  late: 'no sign of life for a while',
  silent: 'silent',
  lost: 'lost: see its incident',
  ended: 'its program is over and says so',
  stopped: 'stopped in good order',
  unknown: 'nothing known yet',
};

function StateDot({ state }: { state: string }) {
  const text = STATE_TEXT[state] ?? state;
  return (
    <span class={`dot state-${state}`} title={text}>
      <span class="sr">{text}</span>
    </span>
  );
}

/** Every agent with everything known of it. */
export function HostsView() {
  const agents = app.use(state => state.agents);
  const known = app.use(state => state.service !== undefined);
  if (agents.length === 0) return known ? <FirstStart /> : <div class="loading" aria-busy="true" />;
  return (
    <>
      <h1 class="sr">Hosts</h1>
      <Table
        columns={[
          'State',
          'Agent',
          'Host',
          'Phase',
          'Last line',
          'Heartbeat',
          'Behind',
          'Clock',
          'Gaps',
          'Lines',
          'Files',
          'Do',
        ]}
      >
        {agents.map(agent => (
          <AgentRow key={agent.id} agent={agent} />
        ))}
      </Table>
      <OverRuns />
      {agents.length < 2 && (
        <Empty title="One host so far">
          <p>The next one needs one command, run on it; its first line shows it here.</p>
        </Empty>
      )}
    </>
  );
}

function AgentRow({ agent }: { agent: Agent }) {
  const life: Life | undefined = app.use(state => state.life.get(agent.id));
  const style = useStyle();
  const now = useNow();
  const time = (at: number | null | undefined) => (
    <td class="num" title={at ? fullTime(at, style) : undefined}>
      {at ? agoWords(now - at) : '–'}
    </td>
  );
  const retire = () =>
    client
      .call('POST /v1/agents/{agent}/retire', { path: { agent: agent.id }, body: { retired: true } })
      .then(() => say(`${agent.id} is not expected any more: its silence raises no alarm`), sayError);
  return (
    <tr class={`row-${agent.state}`}>
      <td>
        <StateDot state={agent.state} /> {agent.state}
      </td>
      <td>
        <button
          type="button"
          class="agent link"
          style={{ '--hue': agentHue(agent.id) }}
          onClick={() => change({ ...noFilters, tab: 'lines', agents: [agent.id] })}
        >
          {agent.id}
        </button>
        {agent.incidents.length > 0 && (
          <button
            type="button"
            class="badge severity-critical"
            onClick={() => change({ tab: 'incidents', incident: agent.incidents[0] ?? '' })}
          >
            {plural(agent.incidents.length, 'incident')}
          </button>
        )}
      </td>
      <td>{agent.host}</td>
      <td>{agent.phase ?? '–'}</td>
      {time(life?.line)}
      {time(life?.heartbeat)}
      <td class={life?.lag ? 'num warn' : 'num'}>{life?.lag == null ? '–' : sizeWords(life.lag)}</td>
      <td class="num">{clock(agent)}</td>
      <td class={agent.gaps > 0 ? 'num warn' : 'num'}>{countWords(agent.gaps)}</td>
      <td class="num">{countWords(life?.lines ?? 0)}</td>
      <td class="paths">
        {agent.files.map(file => (
          <div class={file.error ? 'path bad' : 'path'} title={file.path} key={file.path}>
            {file.path.replace(/^.*[\\/]/, '')}
            {file.error && ` ${file.error}`}
          </div>
        ))}
        {agent.trouble && <p class="trouble warn">{agent.trouble}</p>}
      </td>
      <td>
        <QuietButton title="Its silence raises no alarm any more" onClick={retire}>
          Not expected
        </QuietButton>
      </td>
    </tr>
  );
}

function clock(agent: Agent): string {
  if (agent.clockOffsetMs === null) return '–';
  const sign = agent.clockOffsetMs < 0 ? '−' : '+';
  const around = agent.clockUncertaintyMs === null ? '' : ` ± ${durationWords(agent.clockUncertaintyMs)}`;
  return `${sign}${durationWords(agent.clockOffsetMs)}${around}`;
}
