import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { highlightPattern } from '../../../query/highlight.js';
import { plural } from '../../../wording/amount.js';
import { client } from '../api/client.js';
import type { LineRecord } from '../api/types.js';
import { app, change, sayError } from '../state/app.js';
import { Windowed } from '../ui/windowed.js';
import { LineDetail } from './detail.js';
import { type Row, rowsOf } from './fold.js';
import type { LineModel } from './model.js';
import { LineRow, timeOf } from './row.js';
import { type Patterns, useLineWalk } from './use-line-walk.js';

/** Past this distance from the top new lines wait, so that what is being read stays where it is. */
const READING_PX = 60;
const MORE_PX = 1500;
const ROW_PX = 21;
/** On narrow screens a line takes several rows and is measured. */
const NARROW = '(max-width: 820px)';

/** The list of lines: windowed, one row opened at a time, everything by keyboard. */
export function LineList({ model, empty }: { model: LineModel; empty: preact.ComponentChild }) {
  const view = app.use(state => state.view);
  const preferences = app.use(state => state.preferences);
  const list = useRef<Windowed<Row>>(null);
  const [current, setCurrent] = useState('');
  const [unfolded, setUnfolded] = useState<ReadonlySet<string>>(new Set());
  const [visitor, setVisitor] = useState<LineRecord>();
  const narrow = useMedia(NARROW);
  const { version } = model;
  const rows = useMemo(
    () => rowsOf(model.records, view.order, preferences.fold, model.gaps),
    [version, view.order, preferences.fold],
  );
  const patterns = useMemo(
    () => ({ query: highlightPattern(view.q), mark: highlightPattern(view.mark) }),
    [view.q, view.mark],
  );
  const runStart = app.use(state => state.runs[0]?.startedAt);
  const origin = useMemo(() => originOf(model.records, runStart), [version, runStart]);
  const indexOf = (id: string) => rows.findIndex(row => holds(row, id));
  const toggle = (id: string) => {
    setCurrent(id);
    change({ line: app.get().view.line === id ? '' : id }, 'replace');
  };
  const unfold = (id: string) => setUnfolded(toggled(unfolded, id));
  const show = useLineWalk({ model, rows, list, current, setCurrent, patterns, toggle, unfold });
  useVisitor(view.line, model, setVisitor);
  useEffect(() => {
    if (view.line !== '' && !model.state.loading) {
      const at = indexOf(view.line);
      if (at >= 0) show(at, seen(list.current, rows, at) ? 'nearest' : 'middle');
    }
  }, [view.line, model.state.loading]);

  const opened = (row: Row) => view.line !== '' && row.record.event.id === view.line;
  return (
    <Windowed<Row>
      handle={list}
      class={`lines-scroller ${withDays(model.records) ? 'with-days' : ''}`}
      label="Log lines"
      items={rows}
      keyOf={row => row.key}
      rowHeight={narrow ? 58 : ROW_PX}
      varies={row => narrow || preferences.wrap || opened(row) || unfolded.has(row.key)}
      busy={model.state.loading}
      onScroll={(top, toEnd) => {
        model.setReading(top > READING_PX);
        if (toEnd < MORE_PX) void model.more();
      }}
      render={(row, i) => (
        <LineRow
          row={row}
          columns={preferences.columns}
          times={preferences.times}
          patterns={patterns}
          earlier={preferences.times === 'delta' ? earlierThan(rows, i, view.order) : undefined}
          origin={preferences.times === 'relative' ? origin : undefined}
          open={opened(row)}
          unfolded={unfolded.has(row.key)}
          current={row.key === current || (current === '' && i === 0)}
          onOpen={toggle}
          onUnfold={unfold}
          detail={opened(row) ? <LineDetail record={row.record} /> : null}
        />
      )}
      before={
        visitor &&
        view.line === visitor.event.id &&
        indexOf(view.line) < 0 && <Visitor record={visitor} patterns={patterns} onOpen={toggle} />
      }
      after={
        <div class="lines-foot" role="status">
          {rows.length === 0 && model.state.complete && !model.state.loading && !model.state.problem && empty}
          {model.state.loadingMore &&
            (model.state.lookedTo === undefined
              ? 'Loading…'
              : `Looked back to ${model.state.lookedTo}, going on…`)}
          {rows.length > 0 && model.state.complete && `That is all: ${plural(model.records.length, 'line')}.`}
        </div>
      }
    />
  );
}

/** The linked line above the list; it has no neighbour to count its time from. */
function Visitor(props: { record: LineRecord; patterns: Patterns; onOpen: (id: string) => void }) {
  const { record, patterns, onOpen } = props;
  const { columns, times } = app.use(state => state.preferences);
  return (
    <div class="visitor">
      <LineRow
        row={{ key: record.event.id, record, trace: [], repeats: [], gap: false }}
        columns={columns}
        times={times === 'delta' || times === 'relative' ? 'local' : times}
        patterns={patterns}
        earlier={undefined}
        origin={undefined}
        open
        unfolded={false}
        current={false}
        onOpen={onOpen}
        onUnfold={() => {}}
        detail={<LineDetail record={record} />}
      />
    </div>
  );
}

/** A linked line that the search does not show is fetched, and stands above the list. */
function useVisitor(
  id: string,
  model: LineModel,
  setVisitor: (record: LineRecord | undefined) => void,
): void {
  useEffect(() => {
    if (id === '' || model.records.some(record => record.event.id === id)) {
      setVisitor(undefined);
      return;
    }
    const stop = new AbortController();
    client
      .call('GET /v1/context', { query: { id, before: 0, after: 0 }, signal: stop.signal })
      .then(reply => setVisitor(reply.records[reply.at]))
      .catch(error => {
        if (!stop.signal.aborted) sayError(error);
      });
    return () => stop.abort();
  }, [id, model.state.loading]);
}

export function useMedia(query: string): boolean {
  const [matches, setMatches] = useState(() => matchMedia(query).matches);
  useEffect(() => {
    const media = matchMedia(query);
    const look = () => setMatches(media.matches);
    media.addEventListener('change', look);
    return () => media.removeEventListener('change', look);
  }, [query]);
  return matches;
}

function holds(row: Row, id: string): boolean {
  return (
    row.key === id ||
    row.trace.some(line => line.event.id === id) ||
    row.repeats.some(line => line.event.id === id)
  );
}

function toggled(set: ReadonlySet<string>, id: string): ReadonlySet<string> {
  const fresh = new Set(set);
  if (!fresh.delete(id)) fresh.add(id);
  return fresh;
}

/** The line before in time, for distances. */
function earlierThan(rows: readonly Row[], i: number, order: 'newest' | 'oldest'): number | undefined {
  const other = rows[order === 'newest' ? i + 1 : i - 1];
  return other && timeOf(other.record);
}

/** What relative times count from: the run's start where the lines are of it, else the first line. */
function originOf(records: readonly LineRecord[], runStart: string | undefined): number | undefined {
  if (records.length === 0) return undefined;
  const first = Math.min(timeOf(records[0]!), timeOf(records.at(-1)!));
  const start = runStart === undefined ? Number.NaN : Date.parse(runStart);
  return start <= Math.max(timeOf(records[0]!), timeOf(records.at(-1)!)) ? start : first;
}

function withDays(records: readonly LineRecord[]): boolean {
  const today = new Date().toDateString();
  return [records[0], records.at(-1)].some(
    one => one && new Date(one['@timestamp']).toDateString() !== today,
  );
}

function seen(list: Windowed<Row> | null, rows: readonly Row[], index: number): boolean {
  return list?.element?.querySelector(`[data-key="${rows[index]?.key}"]`) != null;
}
