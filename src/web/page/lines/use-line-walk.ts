import type { RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import type { LineRecord } from '../api/types.js';
import { change, say } from '../state/app.js';
import { type KeyBinding, press, useKeys } from '../ui/keys.js';
import type { Windowed } from '../ui/windowed.js';
import type { Row } from './fold.js';
import type { LineModel } from './model.js';

/** What is highlighted: the words searched for, and those marked besides. */
export interface Patterns {
  query: RegExp | undefined;
  mark: RegExp | undefined;
}

/** The keys that walk through the list of lines; answers with what brings a row into view and focuses it. */
export function useLineWalk(walk: {
  model: LineModel;
  rows: readonly Row[];
  list: RefObject<Windowed<Row> | null>;
  /** Key of the row one stands on; empty: none yet. */
  current: string;
  setCurrent: (key: string) => void;
  patterns: Patterns;
  toggle: (id: string) => void;
  unfold: (id: string) => void;
}) {
  const { model, rows, list, current, setCurrent, patterns, toggle, unfold } = walk;
  const show = (index: number, place: 'nearest' | 'middle' = 'nearest') => {
    const row = rows[index];
    if (!row) return;
    setCurrent(row.key);
    list.current?.focus(index, place);
  };
  /** -1 where one stands on no row, or on one that the search no longer shows. */
  const standsAt = () => (current === '' ? -1 : rows.findIndex(row => row.key === current));
  const move = (step: number) => {
    const at = standsAt();
    const next = at < 0 ? firstSeen(list.current, rows) : Math.min(rows.length - 1, Math.max(0, at + step));
    show(next);
    if (next > rows.length - 5) void model.more();
  };
  const jump = (step: number, wanted: (record: LineRecord) => boolean, what: string) => {
    const at = standsAt();
    for (let i = at < 0 && step < 0 ? rows.length - 1 : at + step; i >= 0 && i < rows.length; i += step)
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
  useWalkKeys(model, [
    { keys: ['j', 'ArrowDown'], says: 'next line', run: () => move(1) },
    { keys: ['k', 'ArrowUp'], says: 'line before', run: () => move(-1) },
    { keys: ['Enter', 'o'], says: 'open the line: fields, context', run: () => current && toggle(current) },
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
      run: () => current && unfold(current),
    },
  ]);
  useKeys([{ keys: ['Escape'], says: 'close what is open', run: () => change({ line: '' }, 'replace') }]);
  return show;
}

/** Keys that come while lines are asked for are meant for the answer: they are done when it is there, in their order. */
function useWalkKeys(model: LineModel, bindings: KeyBinding[]): void {
  const early = useRef<string[]>([]);
  useKeys(
    bindings.map(one => ({
      ...one,
      run: key => {
        if (model.state.loading || early.current.length > 0) early.current.push(key);
        else one.run(key);
      },
    })),
  );
  // After every drawing: an answer that came within one frame was never seen as "loading".
  useEffect(() => {
    if (model.state.loading || early.current.length === 0) return;
    // Effects may run while something is drawn; then nothing would be drawn between these keys, and each would start from the same row.
    queueMicrotask(() => {
      for (const key of early.current.splice(0)) press(key);
    });
  });
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
