import { useEffect, useRef, useState } from 'preact/hooks';
import { durationWords } from '../../../wording/duration.js';
import { clockTime, type TimeStyle } from '../../../wording/time.js';
import type { Lane, Lanes } from '../api/types.js';
import { Track } from './track.js';

export interface Moment {
  agent: string;
  at: number;
  /** Id of the line there, where a mark was meant. */
  record?: string | undefined;
}

export interface LaneChartProps {
  lanes: Lanes;
  /** Right edge of what goes on: now, on the server's clock; undefined where nothing does. */
  now: number | undefined;
  style: TimeStyle;
  /** Marked as looked at. */
  chosen: readonly string[];
  at: number;
  onPick: (moment: Moment) => void;
  onName: (agent: string) => void;
  /** Shows what stands there; undefined: nothing. */
  onHover: (moment: Moment | undefined) => void;
}

const TICKS = 6;
const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 43_200, 86_400].map(
  s => s * 1000,
);

/** A lane a host over one time axis; drag to look closer, click for the lines at that moment. */
export function LaneChart(props: LaneChartProps) {
  const { lanes, now, style, chosen, at, onPick, onName, onHover } = props;
  const [zoom, setZoom] = useState<[number, number]>();
  const [cursor, setCursor] = useState<number>();
  const drag = useRef<{ from: number; x: number } | undefined>(undefined);
  const [brush, setBrush] = useState<[number, number]>();
  useEffect(() => setZoom(undefined), [lanes.run]);
  const end = Math.max(lanes.to, now ?? 0);
  const [from, to] = zoom ?? [lanes.from, Math.max(end, lanes.from + 1000)];
  const place = (time: number) => (100 * (time - from)) / (to - from);
  const timeAt = (event: PointerEvent) => {
    const box = (event.currentTarget as HTMLElement).getBoundingClientRect();
    return from + ((event.clientX - box.left) / box.width) * (to - from);
  };
  const step = STEPS.find(one => (to - from) / one <= TICKS) ?? STEPS.at(-1)!;
  const ticks: number[] = [];
  for (let time = Math.ceil(from / step) * step; time < to; time += step) ticks.push(time);
  return (
    <div class="lane-chart" role="group" aria-label="Hosts over time">
      <LaneAxis ticks={ticks} step={step} span={to - from} style={style} place={place}>
        {zoom && (
          <button type="button" class="control lane-whole" onClick={() => setZoom(undefined)}>
            Whole run
          </button>
        )}
      </LaneAxis>
      <div class="lane-rows">
        {lanes.lanes.map(lane => (
          <div
            class={`lane ${chosen.includes(lane.name) ? 'chosen' : ''} ${troubled(lane) ? 'troubled' : ''}`}
            key={lane.name}
          >
            <LaneName lane={lane} onName={onName} />
            <div
              class="lane-track"
              onPointerMove={event => {
                const time = timeAt(event);
                setCursor(time);
                if (drag.current && Math.abs(event.clientX - drag.current.x) > 6)
                  setBrush([Math.min(drag.current.from, time), Math.max(drag.current.from, time)]);
                onHover({ agent: lane.name, at: time });
              }}
              onPointerLeave={() => {
                setCursor(undefined);
                onHover(undefined);
              }}
              onPointerDown={event => {
                if (event.button !== 0) return;
                drag.current = { from: timeAt(event), x: event.clientX };
              }}
              onPointerUp={event => {
                const time = timeAt(event);
                const started = drag.current;
                drag.current = undefined;
                if (brush && started) {
                  setZoom([
                    Math.min(started.from, time),
                    Math.max(started.from, time, Math.min(started.from, time) + 1000),
                  ]);
                  setBrush(undefined);
                } else if (started && !(event.target as HTMLElement).closest('.lane-mark'))
                  onPick({ agent: lane.name, at: time });
              }}
            >
              <Track lane={lane} lanes={lanes} from={from} to={to} now={now} style={style} onPick={onPick} />
            </div>
          </div>
        ))}
        <LaneOverlay
          ticks={ticks}
          at={at > from && at < to ? at : undefined}
          cursor={cursor}
          brush={brush}
          style={style}
          place={place}
        />
      </div>
    </div>
  );
}

const troubled = (lane: Lane) => lane.outages.some(one => one.to === null);

/** Share of the chart's width at which a time stands, %. */
type Place = (time: number) => number;

function LaneAxis(props: {
  ticks: readonly number[];
  /** Between two ticks, ms; from a minute on they need no seconds. */
  step: number;
  span: number;
  style: TimeStyle;
  place: Place;
  children: preact.ComponentChildren;
}) {
  const { ticks, step, span, style, place, children } = props;
  return (
    <div class="lane-axis">
      <span class="lane-span">{durationWords(span)}</span>
      <div class="lane-ticks">
        {ticks.map(time => (
          <span key={time} style={{ left: `${place(time)}%` }}>
            {clockTime(time, style).replace(step >= 60_000 ? /:\d\d\.\d+$/ : /\.\d+$/, '')}
          </span>
        ))}
      </div>
      {children}
    </div>
  );
}

function LaneName({ lane, onName }: { lane: Lane; onName: (agent: string) => void }) {
  return (
    <button
      type="button"
      class="lane-name"
      title={`Lines of ${lane.name}${lane.host && lane.host !== lane.name ? ` on ${lane.host}` : ''}`}
      onClick={() => onName(lane.name)}
    >
      {lane.name}
      {lane.clockOffsetMs !== undefined && Math.abs(lane.clockOffsetMs) > 500 && (
        <span class="lane-clock" title="Its clock against the service's; the lane is drawn corrected">
          {lane.clockOffsetMs > 0 ? '+' : '−'}
          {durationWords(lane.clockOffsetMs)}
        </span>
      )}
    </button>
  );
}

/** What lies over all lanes: the ticks, the moment looked at, the pointer's moment, the span being chosen. */
function LaneOverlay(props: {
  ticks: readonly number[];
  at: number | undefined;
  cursor: number | undefined;
  brush: [number, number] | undefined;
  style: TimeStyle;
  place: Place;
}) {
  const { ticks, at, cursor, brush, style, place } = props;
  return (
    <div class="lane-overlay" aria-hidden="true">
      {ticks.map(time => (
        <i class="lane-grid" key={time} style={{ left: `${place(time)}%` }} />
      ))}
      {at !== undefined && <i class="lane-at" style={{ left: `${place(at)}%` }} />}
      {cursor !== undefined && (
        <i class="lane-cursor" style={{ left: `${place(cursor)}%` }}>
          <b>{clockTime(cursor, style)}</b>
        </i>
      )}
      {brush && (
        <i
          class="lane-brush"
          style={{ left: `${place(brush[0])}%`, width: `${place(brush[1]) - place(brush[0])}%` }}
        />
      )}
    </div>
  );
}
