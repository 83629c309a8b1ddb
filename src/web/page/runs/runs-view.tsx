import { useEffect, useState } from 'preact/hooks';
import { agentsIn } from '../../../model/run.js';
import { client } from '../api/client.js';
import type { Run } from '../api/types.js';
import { app, change, sayError, useNow, useStyle } from '../state/app.js';
import { noFilters } from '../state/view.js';
import { Command, Empty, QuietButton, Time } from '../ui/common.js';
import { Icon } from '../ui/icons.js';
import { openKibana } from '../ui/kibana.js';
import { Table } from '../ui/table.js';
import { DiffView } from './diff.js';
import { openPostmortem } from './postmortem.js';
import { endOf, lasted, outcomeText } from './run-times.js';

/** All runs, newest first, a form to mark one by hand, and two of them compared. */
export function RunsView() {
  const newest = app.use(state => state.runs);
  const view = app.use(state => state.view);
  const [runs, setRuns] = useState<Run[]>();
  useEffect(() => {
    client.call('GET /v1/runs', { query: { limit: 300 } }).then(reply => setRuns(reply.runs), sayError);
  }, [newest]);
  if (!runs) return <div class="loading" aria-busy="true" />;
  return (
    <>
      <h1 class="sr">Runs</h1>
      <StartForm />
      {runs.length === 0 ? (
        <Empty title="No runs yet">
          <p>Runs begin and end by what the program logs, by hand above, or by</p>
          <Command text="deadair run --log agent-1.log -- COMMAND" />
        </Empty>
      ) : (
        <Table columns={['Run', 'Outcome', 'Began', 'Lasted', 'Agents', 'Incidents', 'Known from', 'Do']}>
          {runs.map(run => (
            <RunRow key={run.id} run={run} />
          ))}
        </Table>
      )}
      {runs.length > 0 && (view.before !== '' || view.run !== '') && <DiffView runs={runs} />}
    </>
  );
}

function StartForm() {
  const [name, setName] = useState('');
  return (
    <form
      class="run-form"
      onSubmit={event => {
        event.preventDefault();
        if (name.trim() === '') return;
        client.call('POST /v1/runs', { body: { name: name.trim() } }).then(() => setName(''), sayError);
      }}
    >
      <label for="run-name">Mark a run by hand</label>
      <input
        id="run-name"
        value={name}
        placeholder="name of the run"
        autocomplete="off"
        maxlength={200}
        onInput={event => setName(event.currentTarget.value)}
      />
      <button type="submit" class="secondary">
        <Icon name="play" />
        Start
      </button>
    </form>
  );
}

function RunRow({ run }: { run: Run }) {
  const style = useStyle();
  const now = useNow();
  return (
    <tr>
      <td>
        <button
          type="button"
          class="link"
          title="Its lanes"
          onClick={() => change({ tab: 'run', run: run.id, beside: [], at: 0, line: '' })}
        >
          {run.name}
        </button>
      </td>
      <td>
        <span class={`badge outcome-${run.endedAt === null ? 'going' : (run.outcome ?? 'unknown')}`}>
          {outcomeText(run)}
        </span>
      </td>
      <td class="num">
        <Time at={run.startedAt} style={style} short />
      </td>
      <td class="num">{lasted(run, now)}</td>
      <td class="num" title={run.agents.join(', ')}>
        {agentsIn(run)}
      </td>
      <td class={run.incidents > 0 ? 'num warn' : 'num'}>{run.incidents}</td>
      <td>{{ pack: 'the log', 'run-command': 'deadair run', hand: 'by hand' }[run.startedBy]}</td>
      <td class="actions">
        <RunActions run={run} />
      </td>
    </tr>
  );
}

/** What can be done with a run: end it, look into it, keep it. */
function RunActions({ run }: { run: Run }) {
  const kibana = app.use(state => state.service?.kibana ?? false);
  const path = { run: run.id };
  return (
    <>
      {!run.endedAt && run.startedBy === 'hand' && (
        <QuietButton
          icon="pause"
          onClick={() => void client.call('POST /v1/runs/{run}/stop', { path }).catch(sayError)}
        >
          End
        </QuietButton>
      )}
      <QuietButton
        icon="search"
        onClick={() => change({ ...noFilters, tab: 'lines', from: run.startedAt, to: endOf(run) })}
      >
        Lines
      </QuietButton>
      <QuietButton
        icon="beside"
        title="What its lines differ in from the last healthy run"
        onClick={() => change({ run: run.id, before: '' })}
      >
        Compare
      </QuietButton>
      <QuietButton
        icon="pin"
        pressed={run.pinned}
        title={
          run.pinned ? 'Kept whatever its age; click to let retention have it' : 'Keep it whatever its age'
        }
        onClick={() =>
          void client.call('POST /v1/runs/{run}/pin', { path, body: { pinned: !run.pinned } }).catch(sayError)
        }
      >
        {run.pinned ? 'Pinned' : 'Pin'}
      </QuietButton>
      <QuietButton icon="file" onClick={() => openPostmortem(run.id)}>
        Post-mortem
      </QuietButton>
      {kibana && (
        <QuietButton
          icon="link"
          title="All its lines, split by agent"
          onClick={() => openKibana(`/v1/kibana/run?${new URLSearchParams({ id: run.id })}`)}
        >
          Kibana
        </QuietButton>
      )}
    </>
  );
}
