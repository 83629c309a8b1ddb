import { useEffect, useRef, useState } from 'preact/hooks';
import type { ApiError } from '../api/client.js';
import { app, change, prefer } from '../state/app.js';
import { Icon } from '../ui/icons.js';
import type { Completion } from './complete.js';
import { useOffers } from './use-offers.js';

/** How long one may type before the search follows by itself; Enter is at once. */
const TYPING_MS = 450;
const MOST_HISTORY = 50;

/** The query, its completion and history, and under it the column where it is wrong. */
export function QueryBox({ problem, fields }: { problem: ApiError | undefined; fields: readonly string[] }) {
  const history = app.use(state => state.preferences.history);
  const input = useRef<HTMLInputElement>(null);
  const { text, setText, submit, submitSoon } = useQueryText(history);
  const { offers, chosen, offer, close, keys } = useOffers(fields, history);
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
            submitSoon(box.value);
          }}
          onKeyDown={event => keys(event, take)}
          onBlur={() =>
            setTimeout(() => {
              if (document.activeElement !== input.current) close();
            }, 150)
          }
        />
        {text !== '' && (
          <ClearButton
            onClear={() => {
              setText('');
              submit('', 'push');
              input.current?.focus();
            }}
          />
        )}
        <kbd class="hint-key">/</kbd>
        {offers.length > 0 && <OfferList offers={offers} chosen={chosen} onTake={take} />}
      </form>
      <QueryProblem wrong={wrong} />
    </search>
  );
}

function ClearButton({ onClear }: { onClear: () => void }) {
  return (
    <button type="button" class="quiet query-clear" aria-label="Clear the search" onClick={onClear}>
      <Icon name="close" />
    </button>
  );
}

/** The text in the box, which follows the search shown, and the ways it becomes the search. */
function useQueryText(history: readonly string[]) {
  const q = app.use(state => state.view.q);
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const submitted = useRef(q);
  const [text, setText] = useState(q);
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
  const submitSoon = (value: string) => {
    clearTimeout(timer.current);
    timer.current = setTimeout(() => submit(value, 'replace'), TYPING_MS);
  };
  return { text, setText, submit, submitSoon };
}

function OfferList(props: {
  offers: readonly Completion[];
  chosen: number;
  onTake: (one: Completion) => void;
}) {
  const { offers, chosen, onTake } = props;
  return (
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
          onClick={() => onTake(one)}
        >
          <code>{one.label}</code>
          <span>{one.says}</span>
        </li>
      ))}
    </ul>
  );
}

/** What is wrong with the query, under the column where it is. */
function QueryProblem({ wrong }: { wrong: ApiError | undefined }) {
  return (
    <div id="query-error" class="query-error" role="alert" hidden={!wrong}>
      {wrong?.column !== undefined && (
        <span class="pointer" aria-hidden="true">
          {`${'\u00a0'.repeat(Math.max(0, wrong.column - 1))}↑`}
        </span>
      )}
      <span>{wrong?.message}</span>
    </div>
  );
}
