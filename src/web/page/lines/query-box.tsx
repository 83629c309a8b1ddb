import { useEffect, useRef, useState } from 'preact/hooks';
import type { ApiError } from '../api/client.js';
import { app, change, prefer } from '../state/app.js';
import { Icon } from '../ui/icons.js';
import { type Completion, complete } from './complete.js';

/** How long one may type before the search follows by itself; Enter is at once. */
const TYPING_MS = 450;
const MOST_HISTORY = 50;

/** The query, its completion and history, and under it the column where it is wrong. */
export function QueryBox({ problem, fields }: { problem: ApiError | undefined; fields: readonly string[] }) {
  const q = app.use(state => state.view.q);
  const agents = app.use(state => state.agents);
  const runs = app.use(state => state.runs);
  const history = app.use(state => state.preferences.history);
  const input = useRef<HTMLInputElement>(null);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const submitted = useRef(q);
  const [text, setText] = useState(q);
  const [offers, setOffers] = useState<Completion[]>([]);
  const [chosen, setChosen] = useState(-1);

  useEffect(() => {
    // What somebody is typing is not taken away by its own search.
    if (q !== submitted.current) setText(q);
    submitted.current = q;
  }, [q]);
  const submit = (value: string, how: 'push' | 'replace') => {
    clearTimeout(timer.current);
    const query = value.trim();
    if (how === 'push' && query !== '')
      prefer({ history: [query, ...history.filter(one => one !== query)].slice(0, MOST_HISTORY) });
    submitted.current = query;
    if (query !== app.get().view.q.trim()) change({ q: query, line: '' }, how);
  };
  const offer = (value: string, at: number) => {
    setOffers(
      complete(value, at, {
        agents: agents.map(one => one.id),
        hosts: [...new Set(agents.map(one => one.host))],
        runs: runs.map(one => one.name),
        fields,
        history,
      }),
    );
    setChosen(-1);
  };
  const close = () => {
    setOffers([]);
    setChosen(-1);
  };
  const take = (one: Completion) => {
    const box = input.current!;
    setText(one.text);
    box.value = one.text;
    box.setSelectionRange(one.cursor, one.cursor);
    box.focus();
    if (one.whole) {
      close();
      submit(one.text, 'push');
    } else offer(one.text, one.cursor);
  };
  const keys = (event: KeyboardEvent) => {
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      const list = offers.length > 0 ? offers : past(history);
      if (offers.length === 0) setOffers(list);
      const step = event.key === 'ArrowDown' ? 1 : -1;
      setChosen(Math.max(-1, Math.min(list.length - 1, chosen + step)));
    } else if (event.key === 'Escape' && offers.length > 0) {
      event.preventDefault();
      event.stopPropagation();
      close();
    } else if ((event.key === 'Enter' || event.key === 'Tab') && chosen >= 0 && offers[chosen]) {
      event.preventDefault();
      take(offers[chosen]);
    }
  };
  const wrong = problem?.status === 400 && problem.code.startsWith('query') ? problem : undefined;
  return (
    <search class="search-box">
      <form
        class="search"
        autocomplete="off"
        onSubmit={event => {
          event.preventDefault();
          close();
          // What stands in the box: what was drawn last may be a frame older.
          submit(input.current?.value ?? text, 'push');
        }}
      >
        <label class="sr" for="query">
          Search
        </label>
        <span class="search-icon">
          <Icon name="search" />
        </span>
        <input
          id="query"
          ref={input}
          type="text"
          role="combobox"
          aria-expanded={offers.length > 0}
          aria-controls="query-offers"
          aria-autocomplete="list"
          aria-activedescendant={chosen >= 0 ? `offer-${chosen}` : undefined}
          aria-describedby="query-error"
          aria-invalid={wrong !== undefined}
          spellcheck={false}
          autocapitalize="off"
          enterkeyhint="search"
          placeholder='timeout   "connection reset"   agent:agent-3 level>=warn   status>=500   -heartbeat'
          value={text}
          onInput={event => {
            const box = event.currentTarget;
            setText(box.value);
            offer(box.value, box.selectionStart ?? box.value.length);
            clearTimeout(timer.current);
            timer.current = setTimeout(() => submit(box.value, 'replace'), TYPING_MS);
          }}
          onKeyDown={keys}
          onBlur={() => setTimeout(close, 150)}
        />
        {text !== '' && (
          <button
            type="button"
            class="quiet query-clear"
            aria-label="Clear the search"
            onClick={() => {
              setText('');
              submit('', 'push');
              input.current?.focus();
            }}
          >
            <Icon name="close" />
          </button>
        )}
        <kbd class="hint-key">/</kbd>
        {offers.length > 0 && (
          <ul class="menu-panel offers" id="query-offers" role="listbox" aria-label="Completions">
            {offers.map((one, i) => (
              // biome-ignore lint/a11y/useKeyWithClickEvents: the input takes the keys
              <li
                key={one.label}
                id={`offer-${i}`}
                role="option"
                tabIndex={-1}
                aria-selected={i === chosen}
                onMouseDown={event => event.preventDefault()}
                onClick={() => take(one)}
              >
                <code>{one.label}</code>
                <span>{one.says}</span>
              </li>
            ))}
          </ul>
        )}
      </form>
      <div id="query-error" class="query-error" role="alert" hidden={!wrong}>
        {wrong?.column !== undefined && (
          <span class="pointer" aria-hidden="true">
            {`${'\u00a0'.repeat(Math.max(0, wrong.column - 1))}↑`}
          </span>
        )}
        <span>{wrong?.message}</span>
      </div>
    </search>
  );
}

function past(history: readonly string[]): Completion[] {
  return history
    .slice(0, 10)
    .map(text => ({ label: text, says: '', text, cursor: text.length, whole: true }));
}
