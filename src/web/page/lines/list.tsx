import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { client } from '../api/client.js';
import type { LineRecord } from '../api/types.js';
import { app, change, say, sayError } from '../state/app.js';
import { plural } from '../ui/format.js';
import { useKeys } from '../ui/keys.js';
import { Windowed } from '../ui/windowed.js';
import { LineDetail } from './detail.js';
import { type Row, rowsOf } from './fold.js';
import { highlightPattern } from './highlight.js';
import type { LineModel } from './model.js';
import { LineRow, timeOf } from './row.js';

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
  const show = (index: number, place: 'nearest' | 'middle' = 'nearest') => {
    const row = rows[index];
    if (!row) return;
    setCurrent(row.key);
    list.current?.show(index, place);
    // The row may be drawn in the next frame only.
    requestAnimationFrame(() =>
      requestAnimationFrame(() =>
        list.current?.element
          ?.querySelector<HTMLElement>(`[data-id="${row.key}"]`)
          ?.focus({ preventScroll: true }),
      ),
    );
  };
  const move = (step: number) => {
    const at = current === '' ? -1 : rows.findIndex(row => row.key === current);
    const next = at < 0 ? firstSeen(list.current, rows) : Math.min(rows.length - 1, Math.max(0, at + step));
    show(next);
    if (next > rows.length - 5) void model.more();
  };
  const jump = (step: number, wanted: (record: LineRecord) => boolean, what: string) => {
    const at = current === '' ? (step > 0 ? -1 : rows.length) : rows.findIndex(row => row.key === current);
    for (let i = at + step; i >= 0 && i < rows.length; i += step)
      if (wanted(rows[i]!.record)) {
        show(i, 'middle');
        return;
      }
    say(`No ${step > 0 ? 'further' : 'earlier'} ${what} among the lines loaded`);
  };
  const marked = (record: LineRecord) => {
    const pattern = patterns.mark ?? patterns.query;
    if (!pattern) return false;
    pattern.lastIndex = 0;
    return pattern.test(record.message);
  };
  const isError = (record: LineRecord) => /^(error|fatal)$/.test(record.log.level ?? '');
  const isFault = (record: LineRecord) => !/^(none|recovered)$/.test(record.deadair.class);
  const toggle = (id: string) => {
    setCurrent(id);
    change({ line: app.get().view.line === id ? '' : id }, 'replace');
  };
  useKeys([
    { keys: ['j', 'ArrowDown'], says: 'next line', run: () => move(1) },
    { keys: ['k', 'ArrowUp'], says: 'line before', run: () => move(-1) },
    { keys: ['Enter', 'o'], says: 'open the line: fields, context', run: () => current && toggle(current) },
    { keys: ['Escape'], says: 'close what is open', run: () => change({ line: '' }, 'replace') },
    { keys: ['n'], says: 'next match', run: () => jump(1, marked, 'match') },
    { keys: ['N'], says: 'match before', run: () => jump(-1, marked, 'match') },
    { keys: ['e'], says: 'next error', run: () => jump(1, isError, 'error') },
    { keys: ['E'], says: 'error before', run: () => jump(-1, isError, 'error') },
    { keys: ['f'], says: 'next fault', run: () => jump(1, isFault, 'fault') },
    { keys: ['F'], says: 'fault before', run: () => jump(-1, isFault, 'fault') },
    {
      keys: ['g', 'Home'],
      says: 'to the top; live: the newest line',
      run: () => {
        model.takeWaiting();
        show(0);
        list.current?.element?.scrollTo({ top: 0 });
      },
    },
    { keys: ['G', 'End'], says: 'to the last line loaded', run: () => show(rows.length - 1) },
    {
      keys: ['x'],
      says: 'unfold a stack trace or repeats',
      run: () => current && setUnfolded(toggled(unfolded, current)),
    },
  ]);
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
          onUnfold={id => setUnfolded(toggled(unfolded, id))}
          detail={opened(row) ? <LineDetail record={row.record} /> : null}
        />
      )}
      before={
        visitor &&
        view.line === visitor.event.id &&
        indexOf(view.line) < 0 && (
          <div class="visitor">
            <LineRow
              row={{ key: visitor.event.id, record: visitor, trace: [], repeats: [], gap: false }}
              columns={preferences.columns}
              times={
                preferences.times === 'delta' || preferences.times === 'relative'
                  ? 'local'
                  : preferences.times
              }
              patterns={patterns}
              earlier={undefined}
              origin={undefined}
              open
              unfolded={false}
              current={false}
              onOpen={toggle}
              onUnfold={() => {}}
              detail={<LineDetail record={visitor} />}
            />
          </div>
        )
      }
      after={
        <div class="lines-foot" role="status">
          {rows.length === 0 && !model.state.loading && !model.state.problem && empty}
          {model.state.loadingMore && 'Loading…'}
          {rows.length > 0 && model.state.complete && `That is all: ${plural(model.records.length, 'line')}.`}
        </div>
      }
    />
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

function firstSeen(list: Windowed<Row> | null, rows: readonly Row[]): number {
  const box = list?.element;
  if (!box) return 0;
  const top = box.getBoundingClientRect().top;
  for (const row of box.querySelectorAll<HTMLElement>('.windowed-row'))
    if (row.getBoundingClientRect().bottom > top + 2)
      return rows.findIndex(one => one.key === row.dataset.key);
  return 0;
}

function seen(list: Windowed<Row> | null, rows: readonly Row[], index: number): boolean {
  return list?.element?.querySelector(`[data-key="${rows[index]?.key}"]`) != null;
}
