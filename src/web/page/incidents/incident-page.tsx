import { useEffect, useState } from 'preact/hooks';
import { plural } from '../../../wording/amount.js';
import { durationWords } from '../../../wording/duration.js';
import { client, isAbort } from '../api/client.js';
import type { Incident } from '../api/types.js';
import { Beside, otherSide } from '../lanes/beside.js';
import { LaneChart } from '../lanes/chart.js';
import { useLanes } from '../lanes/use-lanes.js';
import { openPostmortem } from '../runs/postmortem.js';
import { app, change, useNow, useStyle } from '../state/app.js';
import { noFilters } from '../state/view.js';
import { AgentName, copy, Empty, kindText, QuietButton, Time } from '../ui/common.js';
import { useKeys } from '../ui/keys.js';
import { openKibana } from '../ui/kibana.js';
import { CareActions, CareNotes } from './care.js';
import { EvidenceList } from './evidence.js';

/** Shown before and after the incident. */
const LANES_MS = 120_000;
const LINES_MS = 60_000;
const FEW_CONSEQUENCES = 6;

/** One incident in full, kept up while it is open without touching what did not change. */
export function IncidentPage({ id }: { id: string }) {
  const head = app.use(state => state.incidents.find(one => one.id === id));
  const [incident, setIncident] = useState<Incident>();
  const [problem, setProblem] = useState('');
  useEffect(() => {
    const stop = new AbortController();
    client.call('GET /v1/incidents/{id}', { path: { id }, signal: stop.signal }).then(
      fresh => {
        setIncident(fresh);
        setProblem('');
      },
      error => {
        if (!isAbort(error)) setProblem((error as Error).message);
      },
    );
    return () => stop.abort();
  }, [id, head]);
  useKeys([
    {
      keys: ['Escape', 'h'],
      says: 'back to all incidents',
      run: () => change({ incident: '', beside: [], at: 0 }),
    },
  ]);
  if (problem !== '' && !incident)
    return (
      <Empty title="This incident is not here">
        <p>{problem}</p>
      </Empty>
    );
  if (!incident || incident.id !== id) return <div class="loading" aria-busy="true" />;
  return <Whole incident={incident} />;
}

function Whole({ incident }: { incident: Incident }) {
  const style = useStyle();
  const open = incident.resolvedAt === null;
  const own = incident.evidence.filter(item => incident.subjects.includes(item.by));
  const others = incident.evidence.filter(item => !incident.subjects.includes(item.by));
  const subjects = incident.subjects.join(', ');
  return (
    <article class={`incident-page severity-${incident.severity}`} id="incident">
      <header class="incident-head">
        <span class={`badge severity-${open ? incident.severity : 'done'}`}>
          {open ? 'open' : 'resolved'}
        </span>
        <h1>
          {kindText(incident.kind)}{' '}
          {incident.subjects.map(name => (
            <AgentName key={name} name={name} />
          ))}
        </h1>
        {incident.cause && <span class="cause">{incident.cause.replaceAll('-', ' ')}</span>}
        <Ways incident={incident} />
      </header>
      <p class="explanation">{incident.explanation}</p>
      {incident.advice && <p class="advice">{incident.advice}</p>}
      <dl class="moments">
        <div>
          <dt>Began</dt>
          <dd>
            <Time at={incident.startedAt} style={style} />
          </dd>
        </div>
        <div>
          <dt>Known</dt>
          <dd>
            <Time at={incident.openedAt} style={style} near={Date.parse(incident.startedAt)} />
          </dd>
        </div>
        <div>
          <dt>Resolved</dt>
          <dd>
            {incident.resolvedAt ? (
              <Time at={incident.resolvedAt} style={style} near={Date.parse(incident.startedAt)} />
            ) : (
              'not yet'
            )}
          </dd>
        </div>
        <Lasted incident={incident} />
      </dl>
      <CareActions incident={incident} />
      <IncidentLanes incident={incident} />
      <div class="sides">
        <section>
          <h2>From {subjects}</h2>
          <EvidenceList items={own} nothing={`${subjects} said nothing about it.`} openFirst />
        </section>
        <section>
          <h2>From the others</h2>
          <EvidenceList items={others} nothing="Nobody else noticed." openFirst />
        </section>
      </div>
      {incident.consequences.length > 0 && <Consequences incident={incident} />}
      {incident.unusual.length > 0 && (
        <details class="consequences">
          <summary>{plural(incident.unusual.length, 'line')} out of the ordinary around it</summary>
          <ul class="unusual">
            {incident.unusual.map(one => (
              <li key={one.template}>{one.sentence}</li>
            ))}
          </ul>
        </details>
      )}
      <CareNotes incident={incident} />
    </article>
  );
}

function Consequences({ incident }: { incident: Incident }) {
  // Opened by who wants to read it, and then it stays as it was left.
  const [few] = useState(incident.consequences.length <= FEW_CONSEQUENCES);
  return (
    <details class="consequences" open={few}>
      <summary>
        {plural(incident.consequences.length, 'consequence')}: what others logged because of it
      </summary>
      <EvidenceList items={incident.consequences} nothing="" />
    </details>
  );
}

function Lasted({ incident }: { incident: Incident }) {
  const now = useNow();
  const end = incident.resolvedAt ? Date.parse(incident.resolvedAt) : now;
  return (
    <div>
      <dt>{incident.resolvedAt ? 'Lasted' : 'For'}</dt>
      <dd>{durationWords(end - Date.parse(incident.startedAt))}</dd>
    </div>
  );
}

function Ways({ incident }: { incident: Incident }) {
  const kibana = app.use(state => state.service?.kibana ?? false);
  const from = new Date(Date.parse(incident.startedAt) - LINES_MS).toISOString();
  const to = new Date(Date.parse(incident.resolvedAt ?? incident.openedAt) + LINES_MS).toISOString();
  return (
    <div class="incident-ways">
      <QuietButton
        icon="clock"
        onClick={() => change({ ...noFilters, tab: 'lines', from, to, order: 'oldest', incident: '' })}
      >
        Lines of all hosts around it
      </QuietButton>
      {incident.run && (
        <QuietButton icon="file" onClick={() => openPostmortem(incident.run ?? '')}>
          Post-mortem
        </QuietButton>
      )}
      {kibana && (
        <QuietButton
          icon="link"
          title="The lines of its agents around it"
          onClick={() => openKibana(`/v1/kibana/incident?${new URLSearchParams({ id: incident.id })}`)}
        >
          Kibana
        </QuietButton>
      )}
      <QuietButton
        icon="link"
        label="Copy the address of this incident"
        title="Copy link"
        onClick={() => copy(location.href, 'Link')}
      />
      <QuietButton
        icon="close"
        label="Close the incident's page"
        onClick={() => change({ incident: '', beside: [], at: 0 })}
      />
    </div>
  );
}

/** The lanes of the hosts it is about and of who complained, two minutes around it. */
function IncidentLanes({ incident }: { incident: Incident }) {
  const style = useStyle();
  const now = useNow();
  const beside = app.use(state => state.view.beside);
  const at = app.use(state => state.view.at);
  const record = app.use(state => state.view.line);
  const all = app.use(state => state.agents);
  const open = incident.resolvedAt === null;
  const from = Date.parse(incident.startedAt) - LANES_MS;
  const end = incident.resolvedAt ? Date.parse(incident.resolvedAt) : Date.parse(incident.openedAt);
  const to = new Date(Math.min(end + LANES_MS, from + 3_600_000)).toISOString();
  const { lanes } = useLanes(
    { ...(incident.run ? { run: incident.run } : {}), from: new Date(from).toISOString(), to },
    open,
  );
  if (!lanes) return <div class="lane-place" />;
  const involved = new Set([
    ...incident.subjects,
    ...incident.evidence.map(one => one.by),
    ...incident.consequences.map(one => one.by),
  ]);
  const shown = lanes.lanes.filter(lane => involved.has(lane.name) || lane.role === 'controller');
  const names = all.map(one => one.id);
  const controller = lanes.lanes.find(lane => lane.role === 'controller')?.name;
  return (
    <>
      <LaneChart
        lanes={{ ...lanes, lanes: shown.slice(0, 12) }}
        now={open && now < Date.parse(to) ? now : undefined}
        style={style}
        chosen={beside}
        at={at}
        onPick={moment =>
          change({
            beside: otherSide(moment.agent, controller, names),
            at: Math.round(moment.at),
            line: moment.record ?? '',
          })
        }
        onName={agent =>
          change({
            ...noFilters,
            tab: 'lines',
            agents: [agent],
            from: new Date(from).toISOString(),
            to,
            order: 'oldest',
          })
        }
        onHover={() => {}}
      />
      {beside.length > 0 && at > 0 && <Beside hosts={beside} at={at} record={record} all={names} />}
    </>
  );
}
