import type { Run } from './api.js';
import { fill, h, icon } from './dom.js';
import { duration, plural, shortTime, type TimeStyle } from './format.js';
import { kibanaButton } from './kibana.js';
import type { Change } from './view.js';

export interface RunContext {
  now: number;
  style: TimeStyle;
  change: Change;
  openPostmortem: (run: string) => void;
  /** Absent where there is no Kibana. */
  openKibana?: ((path: string) => void) | undefined;
  start: (name: string) => void;
  stop: (id: string) => void;
  pin: (id: string, pinned: boolean) => void;
}

const lasted = (run: Run, now: number) =>
  duration((run.endedAt ? Date.parse(run.endedAt) : now) - Date.parse(run.startedAt));

/** What agents log because of the end comes after it: their connection is gone, they are told to stop. */
const AFTERMATH_MS = 60_000;

/** Until when a run's lines are shown; '' while it goes on. */
export function endOf(run: Pick<Run, 'endedAt'>): string {
  return run.endedAt === null ? '' : new Date(Date.parse(run.endedAt) + AFTERMATH_MS).toISOString();
}

/** The strip's one line about the run that goes on, or the last one. */
export function runSummary(box: HTMLElement, runs: Run[], context: RunContext): void {
  const [run] = runs;
  if (!run) {
    fill(box, h('p', { class: 'hint' }, 'None seen yet.'));
    return;
  }
  fill(
    box,
    h(
      'div',
      { class: 'run-card' },
      h(
        'div',
        { class: 'run-title' },
        h('b', { title: run.name }, run.name),
        h('span', { class: `badge outcome-${run.outcome ?? 'going'}` }, run.outcome ?? 'running'),
      ),
      h(
        'p',
        { class: 'hint' },
        `${shortTime(Date.parse(run.startedAt), context.style)} · ${lasted(run, context.now)} · ${plural(run.agents.length, 'agent')}`,
      ),
      h(
        'div',
        { class: 'run-actions' },
        h(
          'button',
          {
            type: 'button',
            class: 'quiet',
            on: {
              click: () => context.change({ tab: 'lines', from: 'run', to: endOf(run), line: '' }),
            },
          },
          icon('clock'),
          'Its lines',
        ),
        h(
          'button',
          { type: 'button', class: 'quiet', on: { click: () => context.openPostmortem(run.id) } },
          icon('file'),
          'Post-mortem',
        ),
        kibanaLink(run, context),
      ),
    ),
  );
}

/** All runs, newest first, and a form to mark one by hand. */
export function runTable(box: HTMLElement, runs: Run[], context: RunContext): void {
  const name = h('input', {
    id: 'run-name',
    placeholder: 'name of the run',
    autocomplete: 'off',
    required: true,
    maxlength: 200,
  });
  const form = h(
    'form',
    {
      class: 'run-form',
      on: {
        submit: (event: Event) => {
          event.preventDefault();
          context.start(name.value.trim());
          name.value = '';
        },
      },
    },
    h('label', { for: 'run-name' }, 'Mark a run by hand'),
    name,
    h('button', { type: 'submit', class: 'secondary' }, icon('play'), 'Start'),
  );
  // A form somebody is typing in stays.
  const kept = box.querySelector<HTMLFormElement>('.run-form');
  const top = kept ?? form;
  if (runs.length === 0) {
    fill(
      box,
      top,
      h(
        'div',
        { class: 'empty' },
        h('h2', {}, 'No runs yet'),
        h(
          'p',
          {},
          'Runs begin and end by what the program logs, by ',
          h('code', {}, 'deadair run'),
          ', or by hand above.',
        ),
      ),
    );
    return;
  }
  const head = ['Run', 'Outcome', 'Began', 'Lasted', 'Agents', 'Incidents', 'Known from', ''];
  fill(
    box,
    top,
    h(
      'table',
      { class: 'table' },
      h(
        'thead',
        {},
        h(
          'tr',
          {},
          head.map(text => h('th', { scope: 'col' }, text)),
        ),
      ),
      h(
        'tbody',
        {},
        runs.map(run => runRow(run, context)),
      ),
    ),
  );
}

function runRow(run: Run, context: RunContext): HTMLElement {
  const { style, now, change } = context;
  return h(
    'tr',
    {},
    h(
      'td',
      {},
      h(
        'button',
        {
          type: 'button',
          class: 'link',
          title: 'Its lines',
          on: {
            click: () =>
              change({
                tab: 'lines',
                from: run.startedAt,
                to: endOf(run),
                q: '',
                agents: [],
                level: '',
                classes: [],
                line: '',
              }),
          },
        },
        run.name,
      ),
    ),
    h('td', {}, h('span', { class: `badge outcome-${run.outcome ?? 'going'}` }, run.outcome ?? 'running')),
    h('td', { class: 'num' }, shortTime(Date.parse(run.startedAt), style)),
    h('td', { class: 'num' }, lasted(run, now)),
    h('td', { class: 'num', title: run.agents.join(', ') }, String(run.agents.length)),
    h('td', { class: run.incidents > 0 ? 'num warn' : 'num' }, String(run.incidents)),
    h(
      'td',
      {},
      { pack: 'the log', 'run-command': 'deadair run', hand: 'by hand' }[run.startedBy] ?? run.startedBy,
    ),
    h(
      'td',
      { class: 'actions' },
      !run.endedAt &&
        run.startedBy === 'hand' &&
        h(
          'button',
          { type: 'button', class: 'quiet', on: { click: () => context.stop(run.id) } },
          icon('pause'),
          'End',
        ),
      h(
        'button',
        {
          type: 'button',
          class: 'quiet',
          'aria-pressed': String(run.pinned),
          title: run.pinned
            ? 'Kept whatever its age; click to let retention have it'
            : 'Keep it whatever its age',
          on: { click: () => context.pin(run.id, !run.pinned) },
        },
        icon('pin'),
        run.pinned ? 'Pinned' : 'Pin',
      ),
      h(
        'button',
        { type: 'button', class: 'quiet', on: { click: () => context.openPostmortem(run.id) } },
        icon('file'),
        'Post-mortem',
      ),
      kibanaLink(run, context),
    ),
  );
}

function kibanaLink(run: Run, { openKibana }: RunContext): HTMLElement | false {
  if (!openKibana) return false;
  return kibanaButton('Kibana', 'All its lines, split by agent', () =>
    openKibana(`/v1/kibana/run?${new URLSearchParams({ id: run.id })}`),
  );
}
