import { useState } from 'preact/hooks';
import { agentsIn } from '../../../model/run.js';
import { plural } from '../../../wording/amount.js';
import type { Run } from '../api/types.js';
import { Beside, otherSide } from '../lanes/beside.js';
import { LaneChart, type Moment } from '../lanes/chart.js';
import { HoverLine } from '../lanes/hover-line.js';
import { LaneLegend } from '../lanes/legend.js';
import { useLanes } from '../lanes/use-lanes.js';
import { app, change, useNow, useStyle } from '../state/app.js';
import { noFilters } from '../state/view.js';
import { Command, Empty, QuietButton } from '../ui/common.js';
import { useKeys } from '../ui/keys.js';
import { NewestLines } from './newest-lines.js';
import { openPostmortem } from './postmortem.js';
import { RunChoice } from './run-choice.js';
import { endOf, lasted, outcomeText } from './run-times.js';

/** The first view: a lane a host, now at the right edge. */
export function RunView() {
  const runs = app.use(state => state.runs);
  const agents = app.use(state => state.agents);
  const view = app.use(state => state.view);
  const known = app.use(state => state.service !== undefined);
  const style = useStyle();
  const now = useNow();
  const [hover, setHover] = useState<Moment>();
  const run = view.run === '' ? runs[0] : runs.find(one => one.id === view.run);
  const id = view.run || run?.id;
  const going = run ? run.endedAt === null : true;
  const { lanes, problem } = useLanes(id ? { run: id } : {}, going);
  useKeys([
    {
      keys: ['Escape'],
      says: 'close side by side',
      run: () => change({ beside: [], at: 0, line: '' }),
    },
  ]);
  if (known && agents.length === 0) return <FirstStart />;
  const names = agents.map(one => one.id);
  const pick = (moment: Moment) =>
    change({
      beside: otherSide(moment.agent, run?.controller, names),
      at: Math.round(moment.at),
      line: moment.record ?? '',
    });
  return (
    <div class="run-view">
      <RunHead run={run} now={now} />
      {problem !== '' && <p class="problem">{problem}</p>}
      {lanes ? (
        <LaneChart
          lanes={lanes}
          now={going ? now : undefined}
          style={style}
          chosen={view.beside}
          at={view.at}
          onPick={pick}
          onName={agent =>
            change({
              ...noFilters,
              tab: 'lines',
              agents: [agent],
              ...(run ? { from: run.startedAt, to: endOf(run) } : { from: '1h', to: '' }),
            })
          }
          onHover={setHover}
        />
      ) : (
        <div class="lane-place" aria-busy="true" />
      )}
      <HoverLine moment={hover} lanes={lanes} />
      {view.beside.length > 0 && view.at > 0 ? (
        <Beside hosts={view.beside} at={view.at} record={view.line} all={names} />
      ) : (
        <>
          <LaneLegend />
          <NewestLines from={run ? run.startedAt : '1h'} to={run ? endOf(run) : ''} />
        </>
      )}
    </div>
  );
}

/** Which run is shown, how it goes, and the ways from it to its lines and its post-mortem. */
function RunHead({ run, now }: { run: Run | undefined; now: number }) {
  const runs = app.use(state => state.runs);
  const view = app.use(state => state.view);
  return (
    <header class="run-head">
      <h1>{run?.name ?? 'All hosts'}</h1>
      {run && (
        <span class={`badge outcome-${run.endedAt === null ? 'going' : (run.outcome ?? 'unknown')}`}>
          {outcomeText(run)}
        </span>
      )}
      <span class="run-facts">
        {run ? `${lasted(run, now)} · ${plural(agentsIn(run), 'agent')}` : 'the last hour'}
      </span>
      <span class="run-ways">
        {runs.length > 1 && (
          <RunChoice
            label="Run shown"
            runs={runs}
            value={view.run}
            none="newest run"
            onChoose={run => change({ run, beside: [], at: 0, line: '' })}
          />
        )}
        {run && (
          <QuietButton
            icon="search"
            onClick={() => change({ ...noFilters, tab: 'lines', from: run.startedAt, to: endOf(run) })}
          >
            Its lines
          </QuietButton>
        )}
        {run && (
          <QuietButton icon="file" onClick={() => openPostmortem(run.id)}>
            Post-mortem
          </QuietButton>
        )}
      </span>
    </header>
  );
}

/** Nothing has been heard yet: what to do first. */
export function FirstStart() {
  const watching = app.use(state => state.service?.watching[0]);
  return (
    <Empty title="No host has written yet">
      <p>Three ways to begin:</p>
      <ol class="first-steps">
        <li>
          <b>Look at a recorded run</b> of nine hosts, one of which falls silent:
          <Command text="deadair demo" />
        </li>
        <li>
          <b>This host:</b>{' '}
          {watching ? 'write into the directory that is watched' : 'watch a directory of logs'}
          <Command
            text={
              watching
                ? `echo "hello from agent-1" >> ${watching}/agent-1.log`
                : `deadair collect --to ${location.origin} --watch /home/ubuntu/sai3-logs`
            }
          />
        </li>
        <li>
          <b>Add a host:</b> on it, with the token of this service if it has one
          <Command
            text={`DEADAIR_TOKEN=… deadair collect --to ${location.origin.replace(/localhost|127\.0\.0\.1/, 'THIS-HOST')} --watch /home/ubuntu/sai3-logs`}
          />
          or, where nothing may be installed, from here over ssh
          <Command text="deadair pull --host ubuntu@HOST --watch /home/ubuntu/sai3-logs" />
        </li>
      </ol>
      <p>It shows here as soon as it is heard.</p>
    </Empty>
  );
}
