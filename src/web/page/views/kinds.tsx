import { useEffect, useState } from 'preact/hooks';
import { countWords, plural } from '../../../wording/amount.js';
import { client, isAbort } from '../api/client.js';
import type { Reply, Run } from '../api/types.js';
import { RunChoice } from '../runs/run-choice.js';
import { endOf } from '../runs/run-times.js';
import { app, change } from '../state/app.js';
import { noFilters } from '../state/view.js';
import { AgentName, Command, Empty, QuietButton } from '../ui/common.js';

type Patterns = Reply<'GET /v1/patterns'>;
type Which = 'new' | 'rare' | 'all';
const MOST_HOSTS = 3;

/** What kinds of lines there are in a run, those that no healthy run had first. */
export function KindsView() {
  const runs = app.use(state => state.runs);
  const view = app.use(state => state.view);
  const [how, setHow] = useState<Which>('all');
  const run = runs.find(one => one.id === view.run) ?? runs[0];
  const id = view.run || run?.id;
  const { patterns, problem } = usePatterns(id, how);
  const rows =
    patterns &&
    (how === 'all'
      ? [...patterns.patterns].sort((a, b) => Number(b.new ?? false) - Number(a.new ?? false))
      : patterns.patterns);
  return (
    <>
      <KindsHead patterns={patterns} how={how} onHow={setHow} />
      {problem !== '' && <p class="problem">{problem}</p>}
      {!rows && problem === '' && <div class="loading" aria-busy="true" />}
      {rows?.length === 0 && <NoKinds how={how} onHow={setHow} />}
      {rows && rows.length > 0 && (
        <ul class="kinds">
          {rows.map(row => (
            <KindRow key={row.id} row={row} run={run} />
          ))}
        </ul>
      )}
    </>
  );
}

/** What is shown: the run, all kinds or some, and how many there are. */
function KindsHead(props: { patterns: Patterns | undefined; how: Which; onHow: (how: Which) => void }) {
  const { patterns, how, onHow } = props;
  const runs = app.use(state => state.runs);
  const view = app.use(state => state.view);
  return (
    <header class="sheet-head">
      <h1>Kinds of lines</h1>
      {runs.length > 0 && (
        <RunChoice
          label="Run shown"
          runs={runs}
          value={view.run}
          none="newest run"
          onChoose={run => change({ run })}
        />
      )}
      <div class="toggles" role="group" aria-label="Which kinds">
        {(['all', 'new', 'rare'] as const).map(one => (
          <button
            type="button"
            key={one}
            class="toggle plain"
            aria-pressed={how === one}
            onClick={() => onHow(one)}
          >
            {one}
          </button>
        ))}
      </div>
      {patterns && (
        <span class="hint">
          {plural(patterns.total, 'kind')} in {plural(patterns.lines, 'line')}
          {patterns.healthyRuns === 0
            ? '; no healthy run is known yet, so nothing is called new'
            : `; new: in none of ${plural(patterns.healthyRuns, 'healthy run')}`}
        </span>
      )}
    </header>
  );
}

function NoKinds({ how, onHow }: { how: Which; onHow: (how: Which) => void }) {
  return (
    <Empty title={how === 'new' ? 'Nothing new' : 'No lines yet'}>
      <p>
        {how === 'new'
          ? 'Every kind of line of this run is known from healthy ones.'
          : 'Lines are gathered into kinds as they come: the same text with other numbers is one kind.'}
      </p>
      {how === 'new' ? (
        <QuietButton onClick={() => onHow('all')}>Show all kinds</QuietButton>
      ) : (
        <Command text="deadair patterns --last 1h" />
      )}
    </Empty>
  );
}

/** One kind of line, how often and on which hosts; its text leads to its lines. */
function KindRow({ row, run }: { row: Patterns['patterns'][number]; run: Run | undefined }) {
  return (
    <li class={`class-row-${row.class}`}>
      <span class="kind-count">{countWords(row.count)}</span>
      <span class={`level level-${row.level}`}>{row.level === 'none' ? '' : row.level}</span>
      {row.new && <span class="badge severity-warning">new</span>}
      <KindText row={row} from={run?.startedAt ?? '24h'} to={run ? endOf(run) : ''} />
      <span class="kind-hosts">
        {Object.keys(row.agents).length <= MOST_HOSTS
          ? Object.keys(row.agents).map(name => <AgentName key={name} name={name} />)
          : `${Object.keys(row.agents).length} hosts`}
      </span>
    </li>
  );
}

/** A kind's text; leads to its lines between two times. */
export function KindText(props: { row: { template: string; example: string }; from: string; to: string }) {
  const { row, from, to } = props;
  return (
    <button
      type="button"
      class="kind-text"
      title={row.example}
      onClick={() => change({ ...noFilters, tab: 'lines', q: templateQuery(row.template), from, to })}
    >
      {row.template}
    </button>
  );
}

/** The kinds of a run, or of the last day where there is none; undefined until they are there. */
function usePatterns(id: string | undefined, how: Which) {
  const [patterns, setPatterns] = useState<Patterns>();
  const [problem, setProblem] = useState('');
  useEffect(() => {
    const stop = new AbortController();
    setPatterns(undefined);
    client
      .call('GET /v1/patterns', {
        query: {
          ...(id ? { run: id } : { from: '24h' }),
          ...(how === 'new' ? { new: 'true' as const } : {}),
          ...(how === 'rare' ? { rare: 'true' as const } : {}),
          limit: 300,
        },
        signal: stop.signal,
      })
      .then(
        reply => {
          setPatterns(reply);
          setProblem('');
        },
        error => {
          if (!isAbort(error)) setProblem((error as Error).message);
        },
      );
    return () => stop.abort();
  }, [id, how]);
  return { patterns, problem };
}

/** A query that finds the lines of a kind: the longest pieces of its text that never vary. */
function templateQuery(template: string): string {
  const pieces = template
    .split(/<[a-z…]+>/)
    .map(piece => piece.replace(/^\S*[^\s\w]+|[^\s\w]+$/g, '').trim())
    .map(piece => piece.replace(/["\\]/g, ' ').replace(/\s+/g, ' ').trim())
    .filter(piece => /\w{3}/.test(piece))
    .sort((a, b) => b.length - a.length)
    .slice(0, 3);
  return pieces.map(piece => `"${piece.slice(0, 120)}"`).join(' ');
}
