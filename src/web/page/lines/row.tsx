import { Component, type ComponentChild } from 'preact';
import { plural } from '../../../wording/amount.js';
import { distanceWords, durationWords } from '../../../wording/duration.js';
import { clockTime, fullTime } from '../../../wording/time.js';
import type { LineRecord } from '../api/types.js';
import type { Column, TimeMode } from '../state/preferences.js';
import { AgentName } from '../ui/common.js';
import type { Row } from './fold.js';
import { LineText, type MarkPatterns, statesOf } from './text.js';

export const timeOf = (record: LineRecord): number => Date.parse(record['@timestamp']);

export interface RowLook {
  columns: readonly Column[];
  times: TimeMode;
  patterns: MarkPatterns;
}

interface LineRowProps extends RowLook {
  row: Row;
  /** Time of the line before it in time, for distances. */
  earlier: number | undefined;
  /** What `relative` counts from. */
  origin: number | undefined;
  open: boolean;
  unfolded: boolean;
  current: boolean;
  onOpen: (id: string) => void;
  onUnfold: (id: string) => void;
  detail: ComponentChild;
}

/** One line of the list, with what is folded under it and what opens below. */
export class LineRow extends Component<LineRowProps> {
  override shouldComponentUpdate(next: LineRowProps): boolean {
    for (const key of Object.keys(next) as (keyof LineRowProps)[])
      if (key !== 'onOpen' && key !== 'onUnfold' && !sameProp(this.props[key], next[key], key)) return true;
    return false;
  }

  override render() {
    const { row, open, unfolded, current, onOpen, onUnfold, detail, earlier, origin } = this.props;
    const { record } = row;
    const id = record.event.id;
    const folded = row.trace.length + row.repeats.length;
    const level = record.log.level ?? 'none';
    return (
      <article
        class={`line-row class-row-${record.deadair.class} ${open ? 'open' : ''} ${row.gap ? 'gap' : ''}`}
        tabIndex={current ? 0 : -1}
        data-id={id}
        data-time={record['@timestamp']}
        aria-label={`${record.agent.id} ${level === 'none' ? '' : level}`.trim()}
        onKeyDown={event => {
          if (event.key !== 'Enter' || event.target !== event.currentTarget) return;
          event.preventDefault();
          onOpen(id);
        }}
      >
        {/* biome-ignore lint/a11y/noStaticElementInteractions: the article takes Enter */}
        {/* biome-ignore lint/a11y/useKeyWithClickEvents: the article takes Enter */}
        <div
          class="line"
          onClick={() => {
            // Somebody may be marking text.
            if (!getSelection()?.toString()) onOpen(id);
          }}
        >
          <Cells
            record={record}
            look={this.props}
            earlier={earlier}
            origin={origin}
            fold={
              folded > 0 && (
                <button
                  type="button"
                  class="fold"
                  aria-expanded={unfolded}
                  onClick={event => {
                    event.stopPropagation();
                    onUnfold(id);
                  }}
                >
                  {foldText(row)}
                </button>
              )
            }
          />
        </div>
        {unfolded &&
          [...row.trace, ...row.repeats].map(line => (
            <div class="line folded" key={line.event.id}>
              <Cells record={line} look={this.props} earlier={undefined} origin={origin} />
            </div>
          ))}
        {open && detail}
      </article>
    );
  }
}

function sameProp(a: unknown, b: unknown, key: keyof LineRowProps): boolean {
  if (Object.is(a, b)) return true;
  // Rows are made anew with every change of the list; the lines in them are not.
  if (key !== 'row') return false;
  const [x, y] = [a as Row, b as Row];
  return (
    x.record === y.record &&
    x.gap === y.gap &&
    x.trace.length === y.trace.length &&
    x.repeats.length === y.repeats.length
  );
}

function foldText({ record, trace, repeats }: Row): string {
  if (trace.length > 0) return `+${plural(trace.length, 'line')}`;
  const times = [record, ...repeats].map(timeOf);
  const span = Math.max(...times) - Math.min(...times);
  return `×${repeats.length + 1} in ${durationWords(span)}`;
}

interface CellsProps {
  record: LineRecord;
  look: RowLook;
  earlier: number | undefined;
  origin: number | undefined;
  fold?: ComponentChild;
}

/** The cells of one line; the grid around them is the row's. */
export function Cells({ record, look, earlier, origin, fold }: CellsProps) {
  const { deadair } = record;
  const level = record.log.level ?? '';
  const own = deadair.timeKind === 'own';
  const states = statesOf(deadair.raw);
  return (
    <>
      {look.columns.includes('time') && (
        <TimeCell record={record} times={look.times} earlier={earlier} origin={origin} />
      )}
      {look.columns.includes('agent') && <AgentName name={record.agent.id} />}
      {look.columns.includes('host') && <span class="cell">{record.host.name}</span>}
      {look.columns.includes('file') && (
        <span class="cell" title={record.log.file.path}>
          {record.log.file.path.replace(/^.*[\\/]/, '')}
        </span>
      )}
      {look.columns.includes('level') && <span class={`level level-${level || 'none'}`}>{level}</span>}
      <span class="text">
        {deadair.class !== 'none' && <span class={`badge class-${deadair.class}`}>{deadair.class}</span>}
        {states > 1 && (
          <span class="badge states" title={`A progress bar: the last of ${states} states`}>
            ↻ {states}
          </span>
        )}
        {fold}
        <LineText
          raw={deadair.raw}
          message={record.message}
          prefix={!own}
          patterns={look.patterns}
          whole={deadair.length}
        />
      </span>
    </>
  );
}

function TimeCell({
  record,
  times,
  earlier,
  origin,
}: Omit<CellsProps, 'look' | 'fold'> & { times: TimeMode }) {
  const time = timeOf(record);
  const style = { utc: times === 'utc' };
  const own = record.deadair.timeKind === 'own';
  const title = own ? fullTime(time, style) : `${fullTime(time, style)} (the line has no time of its own)`;
  return (
    <time class={own ? 'time' : 'time borrowed'} dateTime={record['@timestamp']} title={title}>
      {timeText(time, times, earlier, origin)}
    </time>
  );
}

function timeText(
  time: number,
  times: TimeMode,
  earlier: number | undefined,
  origin: number | undefined,
): string {
  if (times === 'delta') return earlier === undefined ? '' : distanceWords(time - earlier, 3);
  if (times === 'relative') return origin === undefined ? '' : distanceWords(time - origin, 3);
  return clockTime(time, { utc: times === 'utc' });
}
