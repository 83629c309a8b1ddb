import { useState } from 'preact/hooks';
import { durationWords } from '../../../wording/duration.js';
import { clockTime, type TimeStyle } from '../../../wording/time.js';
import type { Lane, Lanes } from '../api/types.js';
import { kindText } from '../ui/common.js';
import type { Moment } from './chart.js';

interface TrackProps {
  lane: Lane;
  lanes: Lanes;
  from: number;
  to: number;
  now: number | undefined;
  style: TimeStyle;
  onPick: (moment: Moment) => void;
}

/** Neighbouring marks closer than this are one, %. */
const TOGETHER = 0.35;
const STEP = 0.01;

/** One host's time: its phases as a band, lines a bucket above it, silences, outages and evidence on it. */
export function Track({ lane, lanes, from, to, now, style, onPick }: TrackProps) {
  const [cursor, setCursor] = useState<number>();
  const place = (time: number) => (100 * (time - from)) / (to - from);
  const stretch = (a: number, b: number) => {
    const left = Math.max(0, place(a));
    const right = Math.min(100, place(b));
    return right <= left ? undefined : { left: `${left}%`, width: `${Math.max(0.15, right - left)}%` };
  };
  // Until the lanes are fetched again what goes on goes on.
  const edge = Math.max(lanes.to, now ?? 0);
  const reach = (end: number) => (now !== undefined && end >= lanes.to - lanes.interval ? edge : end);
  const keys = (event: KeyboardEvent) => {
    const start = cursor ?? lane.outages.at(-1)?.from ?? lane.marks.at(-1)?.at ?? edge;
    if (event.key === 'ArrowLeft' || event.key === 'ArrowRight') {
      event.preventDefault();
      event.stopPropagation();
      const next = start + (event.key === 'ArrowRight' ? 1 : -1) * (to - from) * STEP;
      setCursor(cursor === undefined ? start : Math.max(from, Math.min(to, next)));
    } else if (event.key === 'Enter') {
      event.preventDefault();
      event.stopPropagation();
      onPick({ agent: lane.name, at: start });
    }
  };
  return (
    <>
      <div
        class="lane-band"
        role="button"
        tabIndex={0}
        aria-label={summary(lane, style)}
        onKeyDown={keys}
        onBlur={() => setCursor(undefined)}
      >
        {lane.phases.map(one => {
          const where = stretch(one.from, reach(one.to));
          return (
            where && (
              <i
                key={`${one.phase} ${one.from}`}
                class={`phase-${one.phase}`}
                style={where}
                title={one.phase}
              />
            )
          );
        })}
        {lane.silences.map(one => {
          const where = stretch(one.from, one.to);
          return where && <i key={`s ${one.from}`} class="lane-silence" style={where} />;
        })}
        <Activity lane={lane} lanes={lanes} from={from} to={to} />
        {lane.outages.map(one => {
          const where = stretch(one.from, one.to ?? edge);
          return (
            where && (
              <i
                key={one.incident}
                class={one.to === null ? 'lane-outage open' : 'lane-outage'}
                style={where}
                title={`${kindText(one.kind)} since ${clockTime(one.from, style)}`}
              />
            )
          );
        })}
        {lane.restarts.map(at => (
          <i key={`r ${at}`} class="lane-restart" style={{ left: `${place(at)}%` }} title="began anew" />
        ))}
        {cursor !== undefined && (
          <i class="lane-key-cursor" style={{ left: `${place(cursor)}%` }}>
            <b>{clockTime(cursor, style)}</b>
          </i>
        )}
      </div>
      <Marks lane={lane} place={place} style={style} onPick={onPick} />
    </>
  );
}

/** Evidence on the track: a click shows the line. */
function Marks(props: Pick<TrackProps, 'lane' | 'style' | 'onPick'> & { place: (time: number) => number }) {
  const { lane, place, style, onPick } = props;
  return (
    <>
      {together(lane.marks, place).map(mark => (
        <button
          type="button"
          key={`${mark.at} ${mark.record ?? mark.text}`}
          class={`lane-mark mark-${mark.kind}`}
          style={{ left: `${place(mark.at)}%` }}
          tabIndex={-1}
          title={`${clockTime(mark.at, style)} ${mark.text.slice(0, 300)}`}
          aria-label={`${mark.kind} at ${clockTime(mark.at, style)}`}
          onClick={() => onPick({ agent: lane.name, at: mark.at, record: mark.record })}
        />
      ))}
    </>
  );
}

/** Lines a bucket as one thin shape; the square root lets a single line be seen beside thousands. */
function Activity({ lane, lanes, from, to }: Pick<TrackProps, 'lane' | 'lanes' | 'from' | 'to'>) {
  const most = Math.sqrt(Math.max(1, ...lane.activity));
  const scale = 1000 / (to - from);
  let path = '';
  for (const [i, lines] of lane.activity.entries()) {
    if (lines === 0) continue;
    const x = (lanes.from + i * lanes.interval - from) * scale;
    const width = Math.max(0.8, lanes.interval * scale);
    if (x + width < 0 || x > 1000) continue;
    const height = 2 + (8 * Math.sqrt(lines)) / most;
    path += `M${x.toFixed(1)} 10v${(-height).toFixed(1)}h${width.toFixed(1)}v${height.toFixed(1)}z`;
  }
  return (
    <svg class="lane-activity" viewBox="0 0 1000 10" preserveAspectRatio="none" aria-hidden="true">
      <path d={path} />
    </svg>
  );
}

/** Marks that would cover each other are one, the worst of them. */
function together(marks: Lane['marks'], place: (time: number) => number): Lane['marks'] {
  const weight = { cause: 3, symptom: 2, recovery: 1, consequence: 0 } as const;
  const out: Lane['marks'] = [];
  for (const mark of marks) {
    const where = place(mark.at);
    if (where < 0 || where > 100) continue;
    const before = out.at(-1);
    if (before && where - place(before.at) < TOGETHER) {
      if (weight[mark.kind] > weight[before.kind]) out[out.length - 1] = mark;
    } else out.push(mark);
  }
  return out;
}

function summary(lane: Lane, style: TimeStyle): string {
  const phase = lane.phases.at(-1)?.phase;
  const outages = lane.outages.map(
    one =>
      `${kindText(one.kind)} at ${clockTime(one.from, style)}${one.to === null ? ', open' : ` for ${durationWords(one.to - one.from)}`}`,
  );
  return [lane.name, phase, ...outages].filter(Boolean).join(', ');
}
