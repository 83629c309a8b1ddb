import { useEffect, useState } from 'preact/hooks';
import { plural } from '../../../wording/amount.js';
import { client } from '../api/client.js';
import type { Reply } from '../api/types.js';
import { app, change, sayError } from '../state/app.js';
import { kindText } from '../ui/common.js';
import { Table } from '../ui/table.js';

type Tallies = Reply<'GET /v1/hosts'>;

/** The bad apple: over the runs that have ended, how often each host was the first to fail, against its siblings. */
export function OverRuns() {
  const runs = app.use(state => state.runs);
  const [tallies, setTallies] = useState<Tallies>();
  useEffect(() => {
    client.call('GET /v1/hosts').then(setTallies, sayError);
  }, [runs]);
  if (!tallies) return null;
  const hosts = [...tallies.hosts].sort((a, b) => b.firstToFail - a.firstToFail);
  return (
    <section id="over-runs">
      <h2>Over {plural(tallies.runs, 'run')}</h2>
      {tallies.runs === 0 ? (
        <p class="hint">
          When runs have ended, here stands how often each host was the first to fail, beside its siblings.
        </p>
      ) : (
        <Table
          columns={['Agent', 'Runs', 'First to fail', 'Share', 'Siblings', 'Causes', 'Lost', 'Restarts']}
        >
          {hosts.map(one => (
            <tr key={one.agent}>
              <td>
                <button
                  type="button"
                  class="link"
                  onClick={() => change({ tab: 'lines', agents: [one.agent], from: '' })}
                >
                  {one.agent}
                </button>{' '}
                {one.standsOut && (
                  <span class="badge severity-warning" title="It fails more often than chance explains">
                    stands out
                  </span>
                )}
              </td>
              <td class="num">{one.runs}</td>
              <td class="num">{one.firstToFail}</td>
              <td class="num" title="95 % interval">
                {percent(one.rate)} ({(one.between as number[]).map(percent).join('–')})
              </td>
              <td class="num">{percent(one.siblings)}</td>
              <td>
                {Object.entries(one.causes)
                  .map(([cause, count]) => `${kindText(cause)} ${count}`)
                  .join(', ') || '–'}
              </td>
              <td class="num">{one.lost}</td>
              <td class="num">{one.restarts}</td>
            </tr>
          ))}
        </Table>
      )}
    </section>
  );
}

const percent = (share: number) => `${Math.round(share * 100)} %`;
