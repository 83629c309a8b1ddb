import { useEffect, useState } from 'preact/hooks';
import { durationWords } from '../../../wording/duration.js';
import { client } from '../api/client.js';
import type { Reply } from '../api/types.js';
import { app, change, sayError, useNow, useStyle } from '../state/app.js';
import { AgentName, Command, Empty, kindText, Time } from '../ui/common.js';
import { Table } from '../ui/table.js';
import { IncidentPage } from './incident-page.js';

type Listed = Reply<'GET /v1/incidents'>['incidents'][number];

export function IncidentsView() {
  const id = app.use(state => state.view.incident);
  return id === '' ? <IncidentTable /> : <IncidentPage id={id} />;
}

/** All incidents, the open ones first. */
function IncidentTable() {
  const heads = app.use(state => state.incidents);
  const [all, setAll] = useState<Listed[]>();
  const style = useStyle();
  const now = useNow();
  useEffect(() => {
    client
      .call('GET /v1/incidents', { query: { state: 'all', limit: 300 } })
      .then(reply => setAll(reply.incidents), sayError);
  }, [heads]);
  if (!all) return <div class="loading" aria-busy="true" />;
  const seen = new Map(heads.map(one => [one.id, one.acknowledged]));
  if (all.length === 0)
    return (
      <Empty title="No incidents">
        <p>
          None so far. When a host goes silent, loses its connection or dies, it stands here with the
          evidence.
        </p>
        <p>To see one:</p>
        <Command text="deadair demo" />
      </Empty>
    );
  const sorted = [...all].sort((a, b) => Number(a.resolvedAt !== null) - Number(b.resolvedAt !== null));
  return (
    <>
      <h1 class="sr">Incidents</h1>
      <Table columns={['State', 'What', 'Who', 'Cause', 'Began', 'Lasted', 'In a sentence']}>
        {sorted.map(one => (
          <tr key={one.id}>
            <td>
              <span class={`badge severity-${one.resolvedAt === null ? one.severity : 'done'}`}>
                {one.resolvedAt === null ? (seen.get(one.id) ? 'seen' : 'open') : 'resolved'}
              </span>
            </td>
            <td>
              <button type="button" class="link" onClick={() => change({ incident: one.id })}>
                {kindText(one.kind)}
              </button>
            </td>
            <td class="subjects">
              {one.subjects.map(name => (
                <AgentName key={name} name={name} />
              ))}
            </td>
            <td>{one.cause?.replaceAll('-', ' ') ?? '–'}</td>
            <td class="num">
              <Time at={one.startedAt} style={style} short />
            </td>
            <td class="num">
              {durationWords((one.resolvedAt ? Date.parse(one.resolvedAt) : now) - Date.parse(one.startedAt))}
            </td>
            <td class="wide">{one.explanation}</td>
          </tr>
        ))}
      </Table>
    </>
  );
}
