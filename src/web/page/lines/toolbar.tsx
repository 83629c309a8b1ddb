import { app, change, prefer, say, useStyle } from '../state/app.js';
import { COLUMNS, type Column, TIME_MODES, type TimeMode } from '../state/preferences.js';
import { isFiltered, noFilters, viewAddress } from '../state/view.js';
import { AgentName, copy, QuietButton } from '../ui/common.js';
import { Icon } from '../ui/icons.js';
import { useKeys } from '../ui/keys.js';
import { Menu } from '../ui/menu.js';
import { downloadLines, searchCommand } from './take-away.js';

const LEVELS = ['', 'debug', 'info', 'notice', 'warn', 'error', 'fatal'];
const CLASSES = ['timeout', 'disconnect', 'refused', 'dns', 'tls', 'recovered'] as const;
const TIME_TEXT: Record<TimeMode, string> = {
  local: 'Local time',
  utc: 'UTC',
  relative: 'Since the start',
  delta: 'Since the line before',
};

/** Filters, and how the lines look. */
export function FilterBar() {
  const view = app.use(state => state.view);
  return (
    <div class="filterbar">
      <div class="filters">
        <AgentMenu />
        <span class="select">
          <select
            class={view.level ? 'control active' : 'control'}
            aria-label="Lowest level"
            value={view.level}
            onChange={event => change({ level: event.currentTarget.value, line: '' })}
          >
            {LEVELS.map(level => (
              <option key={level} value={level}>
                {level === '' ? 'All levels' : `${level} and worse`}
              </option>
            ))}
          </select>
          <Icon name="caret" />
        </span>
        <div class="toggles" role="group" aria-label="Signal class">
          {CLASSES.map(name => {
            const on = view.classes.includes(name);
            return (
              <button
                type="button"
                key={name}
                class={`toggle class-${name}`}
                aria-pressed={on}
                onClick={() =>
                  change({
                    classes: on ? view.classes.filter(other => other !== name) : [...view.classes, name],
                    line: '',
                  })
                }
              >
                {name}
              </button>
            );
          })}
        </div>
        {isFiltered(view) && (
          <QuietButton icon="close" onClick={() => change({ ...noFilters })}>
            Clear filters
          </QuietButton>
        )}
      </div>
      <LookControls />
    </div>
  );
}

function AgentMenu() {
  const known = app.use(state => state.agents);
  const chosen = app.use(state => state.view.agents);
  const names = [...new Set([...known.map(one => one.id), ...chosen])];
  const label =
    chosen.length === 0 ? 'All agents' : chosen.length > 2 ? `${chosen.length} agents` : chosen.join(', ');
  return (
    <Menu label={label} title="Agents" class={chosen.length > 0 ? 'control active' : 'control'}>
      {() => (
        <>
          {names.length === 0 && <p class="hint">No agent has sent a line yet.</p>}
          {chosen.length > 0 && (
            <button type="button" class="choice" onClick={() => change({ agents: [], line: '' })}>
              All agents
            </button>
          )}
          {names.map(name => (
            <label class="check" key={name}>
              <input
                type="checkbox"
                checked={chosen.includes(name)}
                onChange={() =>
                  change({
                    agents: chosen.includes(name) ? chosen.filter(one => one !== name) : [...chosen, name],
                    line: '',
                  })
                }
              />
              <AgentName name={name} />
            </label>
          ))}
        </>
      )}
    </Menu>
  );
}

function LookControls() {
  const view = app.use(state => state.view);
  const { wrap, fold, times, columns } = app.use(state => state.preferences);
  const newest = view.order === 'newest';
  const nextTimes = () => prefer({ times: TIME_MODES[(TIME_MODES.indexOf(times) + 1) % TIME_MODES.length]! });
  useKeys([
    { keys: ['w'], says: 'wrap long lines', run: () => prefer({ wrap: !wrap }) },
    { keys: ['u'], says: 'times: local, UTC, since the start, since the line before', run: nextTimes },
    { keys: ['z'], says: 'fold stack traces and repeats', run: () => prefer({ fold: !fold }) },
    {
      keys: ['r'],
      says: 'newest or oldest first',
      run: () => change({ order: newest ? 'oldest' : 'newest' }),
    },
  ]);
  const flip = (column: Column) =>
    prefer({ columns: COLUMNS.filter(one => (one === column) !== columns.includes(one)) });
  return (
    <div class="view-controls">
      <QuietButton
        icon={newest ? 'down' : 'up'}
        onClick={() => change({ order: newest ? 'oldest' : 'newest' })}
      >
        {newest ? 'Newest first' : 'Oldest first'}
      </QuietButton>
      <Menu label={TIME_TEXT[times]} title="Times shown" class="quiet" right>
        {close =>
          TIME_MODES.map(mode => (
            <button
              type="button"
              class="choice"
              key={mode}
              aria-pressed={mode === times}
              onClick={() => {
                prefer({ times: mode });
                close();
              }}
            >
              {TIME_TEXT[mode]}
            </button>
          ))
        }
      </Menu>
      <Menu label="" title="Columns" icon="columns" class="quiet" right>
        {() =>
          COLUMNS.map(column => (
            <label class="check" key={column}>
              <input type="checkbox" checked={columns.includes(column)} onChange={() => flip(column)} />
              {column}
            </label>
          ))
        }
      </Menu>
      <QuietButton
        icon="wrap"
        pressed={wrap}
        title="Wrap long lines (w)"
        label="Wrap long lines"
        onClick={() => prefer({ wrap: !wrap })}
      />
      <QuietButton
        icon="fold"
        pressed={fold}
        title="Fold stack traces and repeats (z)"
        label="Fold stack traces and repeats"
        onClick={() => prefer({ fold: !fold })}
      />
      <SavedViews />
      <TakeAway />
    </div>
  );
}

/** Views with names, kept in this browser; each is an address that can be sent. */
function SavedViews() {
  const saved = app.use(state => state.preferences.saved);
  const view = app.use(state => state.view);
  return (
    <Menu label="" title="Saved views" icon="star" class="quiet" right>
      {close => (
        <>
          <form
            class="save-form"
            onSubmit={event => {
              event.preventDefault();
              const name = new FormData(event.currentTarget).get('name')?.toString().trim();
              if (!name) return;
              const address = viewAddress({ ...view, line: '' });
              prefer({ saved: [...saved.filter(one => one.name !== name), { name, address }] });
              say(`Saved as ${name}`);
              close();
            }}
          >
            <input
              name="name"
              aria-label="Name for this view"
              placeholder="save this view as …"
              maxlength={80}
            />
          </form>
          {saved.length === 0 && <p class="hint">None yet.</p>}
          {saved.map(({ name, address }) => (
            <div class="saved" key={name}>
              <a class="choice" href={address}>
                {name}
              </a>
              <button
                type="button"
                class="tiny"
                aria-label={`Forget ${name}`}
                onClick={() => prefer({ saved: saved.filter(one => one.name !== name) })}
              >
                ×
              </button>
            </div>
          ))}
        </>
      )}
    </Menu>
  );
}

/** What is shown, as a file, a link or a command. */
function TakeAway() {
  const view = app.use(state => state.view);
  const style = useStyle();
  const file = (format: 'text' | 'ndjson' | 'csv', text: string, close: () => void) => (
    <button
      type="button"
      class="choice"
      onClick={() => {
        close();
        void downloadLines(view, format, style);
      }}
    >
      {text}
    </button>
  );
  return (
    <Menu label="" title="Download and copy" icon="download" class="quiet" right>
      {close => (
        <>
          {file('text', 'Download as text', close)}
          {file('ndjson', 'Download as JSON lines', close)}
          {file('csv', 'Download as CSV', close)}
          <button
            type="button"
            class="choice"
            onClick={() => {
              close();
              copy(searchCommand(view), 'Command');
            }}
          >
            Copy as command
          </button>
          <button
            type="button"
            class="choice"
            onClick={() => {
              close();
              copy(location.href, 'Link');
            }}
          >
            Copy link
          </button>
        </>
      )}
    </Menu>
  );
}
