import { useState } from 'preact/hooks';
import { countWords } from '../../../wording/amount.js';
import { client } from '../api/client.js';
import type { Reply } from '../api/types.js';
import { app, change } from '../state/app.js';
import { searchParameters } from '../state/view.js';
import { AgentName } from '../ui/common.js';
import { Icon } from '../ui/icons.js';
import { PlusMinus } from './detail.js';
import { fieldTerm } from './query-edit.js';
import { useCounts } from './use-counts.js';

export type Facet = Reply<'GET /v1/facets'>['facets'][number];

const EVERY_MS = 15_000;
const NONE: Facet[] = [];
const FEW = 6;
const MANY = 50;
const PATH_SHOWN = 25;
/** Shown at once; the others open by a click. */
const OPEN = new Set(['agent', 'level', 'class', 'host', 'path', 'status', 'rule']);

/** The fields of the lines shown, asked for again when the search changes and now and then while it follows live. */
export function useFacets(wanted: boolean, ready: boolean): Facet[] {
  const view = app.use(state => state.view);
  const reply = useCounts({
    key: String(searchParameters(view)),
    ready: ready && wanted,
    tick: app.use(state => Math.floor(state.tick / 5)),
    due: age => view.to === '' && age >= EVERY_MS,
    ask(signal) {
      const parameters = searchParameters(view);
      parameters.set('limit', String(MANY));
      return client.call('GET /v1/facets', { query: parameters, signal });
    },
    // A query that can't be read has no fields; the query box says why.
    failed() {},
  });
  return reply?.facets ?? NONE;
}

/** Top values of every field, each with + and −. */
export function FacetPanel({ facets }: { facets: readonly Facet[] }) {
  if (facets.length === 0) return <p class="hint facets-none">Fields of the lines stand here.</p>;
  return (
    <div class="facets">
      {facets.map(facet => (
        <FacetGroup key={facet.field} facet={facet} />
      ))}
    </div>
  );
}

function FacetGroup({ facet }: { facet: Facet }) {
  const [all, setAll] = useState(false);
  const [open, setOpen] = useState(OPEN.has(facet.field));
  const most = Math.max(...facet.values.map(one => one.count));
  const shown = all ? facet.values : facet.values.slice(0, FEW);
  return (
    <section class="facet">
      <h3>
        <button type="button" aria-expanded={open} onClick={() => setOpen(!open)}>
          <Icon name="chevron" />
          {facet.field}
          <span
            class="facet-distinct"
            title={facet.sampled === null ? 'counted over all lines' : `of the newest ${facet.sampled} lines`}
          >
            {facet.sampled === null ? '' : '≈'}
            {countWords(facet.distinct)}
          </span>
        </button>
      </h3>
      {open && (
        <ul>
          {shown.map(({ value, count: lines }) => (
            <li key={value} style={{ '--share': `${Math.round((100 * lines) / most)}%` }}>
              <FacetValue field={facet.field} value={value} />
              <span class="facet-count">{countWords(lines)}</span>
              <PlusMinus term={fieldTerm(facet.field, value)} />
            </li>
          ))}
        </ul>
      )}
      {open && facet.values.length > FEW && (
        <button type="button" class="link facet-more" onClick={() => setAll(!all)}>
          {all ? 'fewer' : `${facet.values.length - FEW} more`}
        </button>
      )}
    </section>
  );
}

/** A click on an agent, level or class chooses it, as the filters above the list do; elsewhere + does. */
function FacetValue({ field, value }: { field: string; value: string }) {
  const view = app.use(state => state.view);
  const name =
    field === 'agent' ? (
      <AgentName name={value} />
    ) : field === 'class' ? (
      <span class={`badge class-${value}`}>{value}</span>
    ) : field === 'level' ? (
      <span class={`level level-${value}`}>{value}</span>
    ) : (
      // Paths of one place differ at their end.
      <span>{field === 'path' && value.length > PATH_SHOWN ? `…${value.slice(-PATH_SHOWN)}` : value}</span>
    );
  if (field !== 'agent' && field !== 'class')
    return (
      <span class="facet-value" title={value}>
        {name}
      </span>
    );
  const key = field === 'agent' ? 'agents' : 'classes';
  const on = view[key].includes(value);
  return (
    <button
      type="button"
      class="facet-value"
      aria-pressed={on}
      title={on ? `Not only ${value}` : `Only ${value}`}
      onClick={() =>
        change({ [key]: on ? view[key].filter(one => one !== value) : [...view[key], value], line: '' })
      }
    >
      {name}
    </button>
  );
}
