import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import { countWords, plural } from '../../../wording/amount.js';
import { client } from '../api/client.js';
import { app, change, prefer } from '../state/app.js';
import { drawWaiting } from '../state/store.js';
import { initialView, isFiltered, noFilters, type View } from '../state/view.js';
import { Command, Empty } from '../ui/common.js';
import { Icon } from '../ui/icons.js';
import { useKeys } from '../ui/keys.js';
import { FacetPanel, useFacets } from './facets.js';
import { HistogramPanel } from './histogram.js';
import { LineList, useMedia } from './list.js';
import { LineModel, type LiveState } from './model.js';
import { QueryBox } from './query-box.js';
import { TimePicker } from './time-picker.js';
import { FilterBar } from './toolbar.js';

/** Searching and following lines. */
export function LinesView() {
  const view = app.use(state => state.view);
  const preferred = app.use(state => state.preferences.facets);
  const narrow = useMedia('(max-width: 820px)');
  const { model, arrived } = useLineModel(view);
  const showFacets = preferred && !narrow;
  const ready = model.answered(view);
  const facets = useFacets(showFacets, ready);
  useKeys([
    {
      keys: ['p', ' '],
      says: 'pause, follow live',
      run: () => model.followable && model.setPaused(!model.paused),
    },
    { keys: ['b'], says: 'fields beside the lines', run: () => prefer({ facets: !preferred }) },
  ]);
  const { state } = model;
  const wrong = state.problem?.status === 400;
  return (
    <div class={`lines-view ${showFacets ? 'with-facets' : ''}`}>
      {showFacets && (
        <aside class="facet-side" aria-label="Fields">
          <FacetPanel facets={facets} />
        </aside>
      )}
      <div class="lines-main">
        <h1 class="sr">Lines</h1>
        <div class="toolbar">
          {!narrow && (
            <button
              type="button"
              class="control facet-toggle"
              aria-pressed={preferred}
              aria-label="Fields beside the lines"
              title="Fields beside the lines (b)"
              onClick={() => prefer({ facets: !preferred })}
            >
              <Icon name="filter" />
            </button>
          )}
          <QueryBox problem={state.problem} fields={facets.map(one => one.field)} />
          <TimePicker />
          <LiveButton state={state.live} model={model} />
        </div>
        <FilterBar />
        <MarkBar />
        <HistogramPanel lines={arrived} wrong={wrong} ready={ready} />
        <LinesFrame model={model} wrong={wrong} />
      </div>
    </div>
  );
}

/** The lines shown, drawn anew when they change, and how many have come since the page was opened. */
function useLineModel(view: View): { model: LineModel; arrived: number } {
  const [, draw] = useState(0);
  const arrived = useRef(0);
  const [model] = useState(
    () =>
      new LineModel(
        client,
        () => draw(n => n + 1),
        () => {
          arrived.current++;
        },
      ),
  );
  // In the same breath as the view: a key after it is meant for what is asked for now.
  useLayoutEffect(() => model.show(view), [view]);
  useEffect(() => () => model.close(), []);
  // Back after the service was away: what came meanwhile is asked for.
  const connection = app.use(state => state.connection);
  useEffect(() => {
    if (connection === 'live' && model.state.problem?.status === 0) model.show(view, true);
  }, [connection]);
  return { model, arrived: arrived.current };
}

/** The list, and above it what waits while one reads, or that more comes than is shown. */
function LinesFrame({ model, wrong }: { model: LineModel; wrong: boolean }) {
  const { state } = model;
  return (
    <div class="lines-frame">
      {state.waiting > 0 && (
        <button
          type="button"
          class="pill"
          onClick={() => document.querySelector('.lines-scroller')?.scrollTo({ top: 0 })}
        >
          ↑ {plural(state.waiting, 'new line')}
        </button>
      )}
      {state.flood && state.live === 'live' && (
        <p class="flood" role="status">
          {countWords(state.flood.perSecond)} lines/s · the newest of them are shown ·{' '}
          <button type="button" class="link" onClick={() => model.setPaused(true)}>
            pause to read all
          </button>
        </p>
      )}
      <LineList model={model} empty={wrong ? null : <EmptyLines />} />
    </div>
  );
}

function LiveButton({ state, model }: { state: LiveState; model: LineModel }) {
  const text = { live: 'Live', paused: 'Paused', reconnecting: 'Reconnecting', off: 'Not live' }[state];
  const title =
    state === 'off'
      ? 'Only a span that ends now, newest first, can be followed'
      : state === 'live'
        ? 'Pause (p)'
        : 'Follow (p)';
  return (
    <button
      type="button"
      class="control live"
      data-state={state}
      title={title}
      aria-pressed={state === 'live' || state === 'reconnecting'}
      disabled={state === 'off'}
      onClick={() => model.setPaused(!model.paused)}
    >
      {state === 'paused' ? <Icon name="play" /> : <span class="live-dot" />}
      {text}
    </button>
  );
}

/** What is marked in the lines without choosing them: a second query, stepped through by n and N. */
function MarkBar() {
  const mark = app.use(state => state.view.mark);
  const [open, setOpen] = useState(mark !== '');
  const input = useRef<HTMLInputElement>(null);
  useKeys([
    {
      keys: ['m'],
      says: 'mark words in the lines, without leaving others out',
      run: () => {
        setOpen(true);
        drawWaiting();
        input.current?.focus();
      },
    },
  ]);
  if (!open && mark === '') return null;
  return (
    <form
      class="mark-bar"
      onSubmit={event => {
        event.preventDefault();
        input.current?.blur();
      }}
    >
      <label for="mark">Mark</label>
      <input
        id="mark"
        ref={input}
        value={mark}
        placeholder="words to mark; n and N step through them"
        autocomplete="off"
        spellcheck={false}
        onInput={event => change({ mark: event.currentTarget.value }, 'replace')}
      />
      <button
        type="button"
        class="quiet"
        aria-label="Mark nothing"
        onClick={() => {
          change({ mark: '' }, 'replace');
          setOpen(false);
        }}
      >
        <Icon name="close" />
      </button>
    </form>
  );
}

/** What stands where no line is, and what to do about it. */
function EmptyLines() {
  const view = app.use(state => state.view);
  const anything = app.use(state => (state.storeHead?.lines ?? 0) > 0);
  const watching = app.use(state => state.service?.watching[0]);
  if (!anything)
    return (
      <Empty title="Nothing has been logged yet">
        {watching ? (
          <>
            <p>Watching {watching}. Write something:</p>
            <Command text={`echo "hello from agent-1" >> ${watching}/agent-1.log`} />
          </>
        ) : (
          <>
            <p>Connect a host: on it, run</p>
            <Command text={`deadair collect --to ${location.origin} --watch /home/ubuntu/sai3-logs`} />
          </>
        )}
        <p>Or look at a recorded run first:</p>
        <Command text="deadair demo" />
      </Empty>
    );
  const filtered = isFiltered(view);
  return (
    <Empty title={filtered ? 'No line matches' : 'No lines in this time'}>
      <p>
        {filtered
          ? 'Nothing in the chosen time fits the search and the filters.'
          : 'There are lines, but not in the chosen time.'}
      </p>
      <p class="empty-actions">
        {filtered && (
          <button type="button" class="secondary" onClick={() => change({ ...noFilters })}>
            Clear filters
          </button>
        )}
        {(view.from !== '' || view.to !== '') && (
          <button type="button" class="secondary" onClick={() => change({ from: '', to: '' })}>
            Search all time
          </button>
        )}
        {view.from === '' && !filtered && (
          <button type="button" class="secondary" onClick={() => change({ ...initialView, tab: 'lines' })}>
            The last 15 minutes
          </button>
        )}
      </p>
    </Empty>
  );
}
