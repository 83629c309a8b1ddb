import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { clockTime } from '../../../wording/time.js';
import { client, isAbort } from '../api/client.js';
import type { LineRecord } from '../api/types.js';
import { LineText } from '../lines/text.js';
import { app, change, useStyle } from '../state/app.js';
import { noFilters } from '../state/view.js';
import { AgentName } from '../ui/common.js';
import { Icon } from '../ui/icons.js';
import { Windowed } from '../ui/windowed.js';

/** Looked at before and after the moment, ms, and so many lines of each host on either side. */
const AROUND_MS = 60_000;
const MOST = 150;
/** Lines of different hosts so close together share a row. */
const SAME_ROW_MS = 400;
const ROW_PX = 20;
const MOST_HOSTS = 4;

interface BesideRow {
  key: string;
  at: number;
  cells: (LineRecord | undefined)[];
}

/** Two to four hosts beside each other on one clock, scrolled together. */
export function Beside(props: {
  hosts: readonly string[];
  at: number;
  record: string;
  all: readonly string[];
}) {
  const { hosts, at, record, all } = props;
  const list = useRef<Windowed<BesideRow>>(null);
  const { lines, problem, key, loading } = useLinesAround(hosts, at);
  const rows = useMemo(() => besideRows(lines, hosts), [lines, key]);
  const here = useMemo(() => nearest(rows, at, record), [rows, at, record]);
  useEffect(() => {
    list.current?.show(here, 'middle');
  }, [rows, here]);
  const open = (line: LineRecord) =>
    change({
      ...noFilters,
      tab: 'lines',
      agents: [...hosts],
      from: new Date(at - AROUND_MS).toISOString(),
      to: new Date(at + AROUND_MS).toISOString(),
      order: 'oldest',
      line: line.event.id,
    });
  return (
    <section class="beside" aria-label="Side by side">
      <BesideHead hosts={hosts} at={at} all={all} />
      {problem !== '' && <p class="problem">{problem}</p>}
      <Windowed<BesideRow>
        handle={list}
        class="beside-rows"
        label="Lines side by side"
        items={rows}
        keyOf={row => row.key}
        rowHeight={ROW_PX}
        varies={() => false}
        render={(row, i) => (
          <BesideCells row={row} hosts={hosts} here={i === here} record={record} onOpen={open} />
        )}
        after={
          rows.length === 0 ? (
            <p class="hint beside-none">
              {loading ? 'Looking for their lines…' : 'No lines of them within a minute of that moment.'}
            </p>
          ) : null
        }
      />
    </section>
  );
}

/** Whose lines stand beside each other, and the ways to add a host, take one out and close it all. */
function BesideHead({ hosts, at, all }: { hosts: readonly string[]; at: number; all: readonly string[] }) {
  const style = useStyle();
  const set = (next: readonly string[]) => change({ beside: [...next] }, 'replace');
  return (
    <header class="beside-head" style={{ '--hosts': hosts.length }}>
      <span class="beside-at">{clockTime(at, style)}</span>
      {hosts.map((host, i) => (
        <span class="beside-host" key={host}>
          <AgentName name={host} />
          {hosts.length > 1 && (
            <button
              type="button"
              class="tiny"
              aria-label={`Without ${host}`}
              onClick={() => set(hosts.filter((_, j) => j !== i))}
            >
              ×
            </button>
          )}
        </span>
      ))}
      <span class="beside-tools">
        {hosts.length < MOST_HOSTS && (
          <select
            class="control"
            aria-label="Another host beside"
            value=""
            onChange={event => {
              if (event.currentTarget.value) set([...hosts, event.currentTarget.value]);
            }}
          >
            <option value="">+ host</option>
            {all
              .filter(name => !hosts.includes(name))
              .map(name => (
                <option key={name} value={name}>
                  {name}
                </option>
              ))}
          </select>
        )}
        <button
          type="button"
          class="quiet"
          aria-label="Close side by side"
          onClick={() => change({ beside: [], at: 0, line: '' })}
        >
          <Icon name="close" />
        </button>
      </span>
    </header>
  );
}

/** One row: a moment, and the line of each host that wrote then. */
function BesideCells(props: {
  row: BesideRow;
  hosts: readonly string[];
  here: boolean;
  record: string;
  onOpen: (line: LineRecord) => void;
}) {
  const { row, hosts, here, record, onOpen } = props;
  const style = useStyle();
  return (
    <article
      class={`beside-row ${here ? 'here' : ''}`}
      style={{ '--hosts': hosts.length }}
      aria-label={clockTime(row.at, style)}
    >
      <time>{clockTime(row.at, style)}</time>
      {row.cells.map((line, column) =>
        line ? (
          <button
            type="button"
            key={hosts[column]}
            class={`beside-cell class-row-${line.deadair.class} level-${line.log.level ?? 'none'} ${line.event.id === record ? 'meant' : ''}`}
            title={line.message.slice(0, 600)}
            onClick={() => onOpen(line)}
          >
            <LineText
              raw={line.deadair.raw}
              message={line.message}
              prefix={line.deadair.timeKind !== 'own'}
            />
          </button>
        ) : (
          <span key={hosts[column]} />
        ),
      )}
    </article>
  );
}

/** The hosts' lines around a moment, fetched when either changes; `key` says of which hosts and moment. */
function useLinesAround(hosts: readonly string[], at: number) {
  const [lines, setLines] = useState<LineRecord[]>([]);
  const [problem, setProblem] = useState('');
  // Which question the lines answer: until then nothing is said of how many there are.
  const [answered, setAnswered] = useState('');
  const key = `${hosts.join(',')} ${at}`;
  useEffect(() => {
    const stop = new AbortController();
    Promise.all(hosts.map(host => around(host, at, stop.signal))).then(
      found => {
        setLines(found.flat());
        setAnswered(key);
        setProblem('');
      },
      error => {
        if (!isAbort(error)) setProblem((error as Error).message);
      },
    );
    return () => stop.abort();
  }, [key]);
  return { lines, problem, key, loading: answered !== key && problem === '' };
}

async function around(host: string, at: number, signal: AbortSignal): Promise<LineRecord[]> {
  const ask = (from: number, to: number, order: 'newest' | 'oldest') =>
    client
      .call('GET /v1/search', {
        query: {
          agent: [host],
          from: new Date(from).toISOString(),
          to: new Date(to).toISOString(),
          order,
          limit: MOST,
          cut: 1000,
        },
        signal,
      })
      .then(reply => reply.records);
  const [before, after] = await Promise.all([
    ask(at - AROUND_MS, at, 'newest'),
    ask(at, at + AROUND_MS, 'oldest'),
  ]);
  return [...before.reverse(), ...after];
}

const timeOf = (line: LineRecord) => Date.parse(line['@timestamp']);

/** Lines of all hosts in the order of time; those close together stand in one row. */
function besideRows(lines: readonly LineRecord[], hosts: readonly string[]): BesideRow[] {
  const column = new Map(hosts.map((host, i) => [host, i]));
  const rows: BesideRow[] = [];
  for (const line of [...lines].sort((a, b) => timeOf(a) - timeOf(b))) {
    const i = column.get(line.agent.id);
    if (i === undefined) continue;
    const last = rows.at(-1);
    if (
      last &&
      timeOf(line) - last.at < SAME_ROW_MS &&
      last.cells.slice(i).every(cell => cell === undefined)
    ) {
      last.cells[i] = line;
      continue;
    }
    const cells: (LineRecord | undefined)[] = hosts.map(() => undefined);
    cells[i] = line;
    rows.push({ key: line.event.id, at: timeOf(line), cells });
  }
  return rows;
}

function nearest(rows: readonly BesideRow[], at: number, record: string): number {
  const meant = record === '' ? -1 : rows.findIndex(row => row.cells.some(cell => cell?.event.id === record));
  if (meant >= 0) return meant;
  let best = 0;
  for (const [i, row] of rows.entries())
    if (Math.abs(row.at - at) < Math.abs((rows[best]?.at ?? 0) - at)) best = i;
  return best;
}

/** Whom to put beside a host: the other side of its connection. */
export function otherSide(
  agent: string,
  controller: string | null | undefined,
  all: readonly string[],
): string[] {
  if (controller && controller !== agent) return [agent, controller];
  const names = app.get().incidents.find(one => one.resolvedAt === null)?.subjects ?? [];
  const other = names.find(name => name !== agent && all.includes(name)) ?? all.find(name => name !== agent);
  return other ? [agent, other] : [agent];
}
