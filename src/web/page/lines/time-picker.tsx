import { useState } from 'preact/hooks';
import { shortTime, type TimeStyle } from '../../../wording/time.js';
import { endOf } from '../runs/run-times.js';
import { app, change, useStyle } from '../state/app.js';
import type { View } from '../state/view.js';
import { Menu } from '../ui/menu.js';

const SPANS: [string, string][] = [
  ['5m', 'Last 5 minutes'],
  ['15m', 'Last 15 minutes'],
  ['1h', 'Last hour'],
  ['6h', 'Last 6 hours'],
  ['24h', 'Last 24 hours'],
  ['7d', 'Last 7 days'],
  ['', 'All time'],
];

/** The last N, since the run's start, or two times as people write them. */
export function TimePicker() {
  const view = app.use(state => state.view);
  const run = app.use(state => state.runs[0]);
  const style = useStyle();
  return (
    <Menu label={spanText(view, style)} title="Time span" icon="clock" panelClass="time-panel" right>
      {close => (
        <>
          <div class="choices">
            {SPANS.map(([from, text]) => (
              <Choice key={from} view={view} from={from} to="" text={text} close={close} />
            ))}
            {run && (
              <Choice
                view={view}
                from="run"
                to={endOf(run)}
                text={`${run.endedAt ? 'Last run' : 'Since run start'} · ${run.name}`}
                close={close}
              />
            )}
          </div>
          <Absolute view={view} close={close} />
        </>
      )}
    </Menu>
  );
}

function Choice(props: { view: View; from: string; to: string; text: string; close: () => void }) {
  const { view, from, to, text, close } = props;
  return (
    <button
      type="button"
      class="choice"
      aria-pressed={view.from === from && view.to === to}
      onClick={() => {
        close();
        change({ from, to });
      }}
    >
      {text}
    </button>
  );
}

function Absolute({ view, close }: { view: View; close: () => void }) {
  const [from, setFrom] = useState(view.from);
  const [to, setTo] = useState(view.to);
  return (
    <form
      class="absolute"
      onSubmit={event => {
        event.preventDefault();
        close();
        change({ from: from.trim(), to: to.trim() });
      }}
    >
      <label for="time-from">From</label>
      <input
        id="time-from"
        value={from}
        placeholder="2h, 14:30, 2026-11-23 14:30"
        autocomplete="off"
        spellcheck={false}
        onInput={event => setFrom(event.currentTarget.value)}
      />
      <label for="time-to">To</label>
      <input
        id="time-to"
        value={to}
        placeholder="now"
        autocomplete="off"
        spellcheck={false}
        onInput={event => setTo(event.currentTarget.value)}
      />
      <button type="submit" class="primary">
        Apply
      </button>
    </form>
  );
}

/** A span in the words of the picker: `Last hour`, `16:58:00 – 17:10:00`. */
export function spanText(view: Pick<View, 'from' | 'to'>, style: TimeStyle): string {
  const known = SPANS.find(([from]) => from === view.from && view.to === '');
  if (known) return known[1];
  if (view.from.startsWith('run') && view.to === '') return 'Since run start';
  const text = (value: string) => {
    const time = Date.parse(value);
    return Number.isNaN(time) || !/^\d{4}-/.test(value) ? value : shortTime(time, style);
  };
  return `${view.from === '' ? 'start' : text(view.from)} – ${view.to === '' ? 'now' : text(view.to)}`;
}
