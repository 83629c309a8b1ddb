import { useEffect, useState } from 'preact/hooks';
import { countWords } from '../../../wording/amount.js';
import { client, isAbort } from '../api/client.js';
import type { Reply, Run } from '../api/types.js';
import { app, change } from '../state/app.js';
import { Empty } from '../ui/common.js';
import { KindText } from '../views/kinds.js';
import { RunChoice } from './run-choice.js';
import { endOf } from './run-times.js';

type Diff = Reply<'GET /v1/diff'>;

const PARTS: [keyof Pick<Diff, 'new' | 'gone' | 'changed' | 'oneHost'>, string][] = [
  ['new', 'New: only in this run'],
  ['gone', 'Gone: only in the run before'],
  ['changed', 'Much more or much less often'],
  ['oneHost', 'Now on one host only'],
];

/** What differs between the lines of two runs. */
export function DiffView({ runs }: { runs: readonly Run[] }) {
  const view = app.use(state => state.view);
  const [diff, setDiff] = useState<Diff>();
  const [problem, setProblem] = useState('');
  useEffect(() => {
    const stop = new AbortController();
    setDiff(undefined);
    setProblem('');
    client
      .call('GET /v1/diff', {
        query: { ...(view.run ? { now: view.run } : {}), ...(view.before ? { before: view.before } : {}) },
        signal: stop.signal,
      })
      .then(setDiff, error => {
        if (!isAbort(error)) setProblem((error as Error).message);
      });
    return () => stop.abort();
  }, [view.run, view.before]);
  const now = runs.find(one => one.id === (diff?.now.id ?? view.run));
  return (
    <section class="diff" aria-label="Two runs compared">
      <h2>
        {diff ? `${diff.now.name} against ${diff.before.name}` : 'Two runs compared'}
        <RunChoice
          label="Compared with"
          runs={runs.filter(one => one.id !== view.run)}
          value={view.before}
          none="the last healthy run"
          onChoose={before => change({ before })}
        />
        <button type="button" class="quiet" onClick={() => change({ run: '', before: '' })}>
          Close
        </button>
      </h2>
      {problem !== '' && (
        <Empty title="These runs can't be compared">
          <p>{problem}</p>
          <p>Choose another run above.</p>
        </Empty>
      )}
      {diff && PARTS.every(([part]) => diff[part].length === 0) && (
        <p class="hint">Nothing differs: {countWords(diff.same)} kinds of lines are the same.</p>
      )}
      {diff &&
        PARTS.filter(([part]) => diff[part].length > 0).map(([part, title]) => (
          <section key={part}>
            <h3>
              {title} <span class="hint">{diff[part].length}</span>
            </h3>
            <ul class="kinds">
              {diff[part].map(row => (
                <DiffRow key={row.id} row={row} now={now} />
              ))}
            </ul>
          </section>
        ))}
    </section>
  );
}

/** A kind of line and how often it came before and now; its text leads to its lines. */
function DiffRow({
  row,
  now,
}: {
  row: Diff['new' | 'gone' | 'changed' | 'oneHost'][number];
  now: Run | undefined;
}) {
  return (
    <li class={`class-row-${row.class}`}>
      <span class="kind-count">
        {countWords(row.before)} → {countWords(row.now)}
      </span>
      <span class={`level level-${row.level}`}>{row.level === 'none' ? '' : row.level}</span>
      <KindText row={row} from={now?.startedAt ?? ''} to={now ? endOf(now) : ''} />
      {row.agent && <span class="hint">{row.agent}</span>}
    </li>
  );
}
