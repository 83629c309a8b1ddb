import { useEffect, useRef, useState } from 'preact/hooks';
import { countWords } from '../../../wording/amount.js';
import { client } from '../api/client.js';
import type { Histogram } from '../api/types.js';
import { app, change, sayError, useStyle } from '../state/app.js';
import { searchParameters, type View } from '../state/view.js';
import { Icon } from '../ui/icons.js';
import { Chart, type Layer, labelOf, layersOf } from './chart.js';
import { spanText } from './time-picker.js';
import { useCounts } from './use-counts.js';

const BUCKETS = 120;
const MOST_ZOOMS = 20;
/** With a stream of new lines it follows at most this often, and without one less. */
const EVERY_MS = 3000;
const QUIET_MS = 10_000;

export type Stacking = View['by'];

/** Lines over time, stacked; a brush chooses a span, a click on the legend a part. */
export function HistogramPanel(props: { lines: number; wrong: boolean; ready: boolean }) {
  const { lines, wrong, ready } = props;
  const view = app.use(state => state.view);
  const theme = app.use(state => state.preferences.theme);
  const style = useStyle();
  const box = useRef<HTMLDivElement>(null);
  const chart = useRef<Chart | undefined>(undefined);
  const [layers, setLayers] = useState<Layer[]>([]);
  const reply = useHistogram(view, lines, ready);
  const { zoom, out, before } = useZoom(view);

  useEffect(() => {
    if (!reply || !box.current) return;
    chart.current ??= new Chart(box.current, zoom);
    const fresh = layersOf(reply.histogram, reply.by, box.current);
    chart.current.show(reply.histogram, reply.by, fresh, style);
    setLayers(fresh);
  }, [reply, theme, style.utc]);
  useEffect(() => () => chart.current?.close(), []);

  return (
    <section class="histogram" aria-label="Lines over time" hidden={wrong}>
      <div class="chart" ref={box} role="img" aria-label={summary(reply?.histogram, layers)} />
      <div class="chart-foot">
        <Legend layers={layers} by={view.by} />
        <span class="total">
          {reply
            ? `${countWords(reply.histogram.total)} lines${reply.histogram.notLooked ? ' and more: the time for an answer was over' : ''}`
            : ''}
        </span>
        {before && (
          <button type="button" class="link zoom-out" onClick={out}>
            Back to {spanText(before, style)}
          </button>
        )}
        <label class="stack-by">
          by{' '}
          <span class="select">
            <select
              value={view.by}
              onChange={event => change({ by: event.currentTarget.value as Stacking }, 'replace')}
            >
              <option value="class">class</option>
              <option value="agent">agent</option>
              <option value="level">level</option>
            </select>
            <Icon name="caret" />
          </span>
        </label>
      </div>
    </section>
  );
}

/** A span of time, as the view says it. */
type Span = Pick<View, 'from' | 'to'>;

/** Spans chosen by brush, and the way back out of them in one click, as long as nobody chose another time meanwhile. */
function useZoom(view: View) {
  const [spans, setSpans] = useState<readonly { into: Span; before: Span }[]>([]);
  const inside = spans.findLast(({ into }) => into.from === view.from && into.to === view.to);
  const zoom = (from: number, to: number) => {
    const into = { from: new Date(from).toISOString(), to: new Date(to).toISOString() };
    // The chart keeps the function it was made with: what is shown now is asked for.
    const { from: shown, to: until } = app.get().view;
    setSpans(known => [...known.slice(-MOST_ZOOMS), { into, before: { from: shown, to: until } }]);
    change(into);
  };
  return { zoom, before: inside?.before, out: () => inside && change(inside.before) };
}

/** What the colours mean and how many lines each is; a click narrows the search to it. */
function Legend({ layers, by }: { layers: readonly Layer[]; by: Stacking }) {
  const pick = (layer: string) => {
    if (by === 'agent') change({ agents: [layer], line: '' });
    else if (by === 'level') change({ level: layer, line: '' });
    else change({ classes: [layer], line: '' });
  };
  return (
    <div class="legend">
      {layers
        .filter(one => one.total > 0 && !(by !== 'agent' && one.key === 'none'))
        .slice(0, 24)
        .map(one => (
          <button
            type="button"
            class="key"
            key={one.key}
            style={{ '--key': one.colour }}
            title={`Only ${labelOf(by, one.key)}`}
            onClick={() => pick(one.key)}
          >
            {labelOf(by, one.key)} <span class="key-count">{countWords(one.total)}</span>
          </button>
        ))}
    </div>
  );
}

/** Asked for anew when the search changes, and now and then while new lines come. */
function useHistogram(view: View, lines: number, ready: boolean) {
  const had = useRef(0);
  return useCounts({
    key: `${view.by} ${searchParameters(view)}`,
    ready,
    tick: app.use(state => Math.floor(state.tick / 3)),
    due: age => view.to === '' && ((lines !== had.current && age >= EVERY_MS) || age >= QUIET_MS),
    async ask(signal): Promise<{ histogram: Histogram; by: Stacking }> {
      had.current = lines;
      const parameters = searchParameters(view);
      parameters.set('by', view.by);
      parameters.set('buckets', String(BUCKETS));
      const histogram = await client.call('GET /v1/histogram', { query: parameters, signal });
      return { histogram, by: view.by };
    },
    failed(error) {
      // What is wrong with the query stands under it.
      if ((error as { status?: number }).status !== 400) sayError(error);
    },
  });
}

function summary(reply: Histogram | undefined, layers: readonly Layer[]): string {
  if (!reply) return 'Lines over time';
  const faults = layers.filter(one => one.fault).reduce((sum, one) => sum + one.total, 0);
  return `Lines over time: ${reply.total} lines from ${reply.from} to ${reply.to}${faults > 0 ? `, ${faults} of them faults` : ''}`;
}
