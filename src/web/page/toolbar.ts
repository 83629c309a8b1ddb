import type { ApiError } from './api.js';
import { byId, fill, h, icon } from './dom.js';
import { agentHue } from './format.js';
import { CLASS_NAMES } from './line.js';
import { type Change, initialView, type View } from './view.js';

const LEVELS = ['', 'debug', 'info', 'notice', 'warn', 'error', 'fatal'];
/** How long one may type before the search follows by itself; Enter is at once. */
const TYPING_MS = 450;

export interface ToolbarOptions {
  change: Change;
  /** Known agents, for the filter. */
  agents: () => string[];
}

/** Search box with its errors, and the filters beside it. */
export class Toolbar {
  private readonly input = byId<HTMLInputElement>('query');
  private readonly error = byId('query-error');
  private readonly filters = byId('filters');
  private typing: ReturnType<typeof setTimeout> | undefined;
  private view: View = initialView;
  private drawn = '';

  constructor(private readonly options: ToolbarOptions) {
    this.input.addEventListener('input', () => {
      clearTimeout(this.typing);
      this.typing = setTimeout(() => this.submit('replace'), TYPING_MS);
    });
    byId<HTMLFormElement>('search').addEventListener('submit', event => {
      event.preventDefault();
      this.submit('push');
    });
    byId('query-clear').addEventListener('click', () => {
      this.input.value = '';
      this.submit('push');
      this.input.focus();
    });
  }

  show(view: View): void {
    this.view = view;
    if (document.activeElement !== this.input || view.q.trim() !== this.input.value.trim())
      this.input.value = view.q;
    byId('query-clear').hidden = this.input.value === '';
    this.drawFilters();
  }

  /** Again when agents came or went. */
  drawFilters(): void {
    const { view } = this;
    const agents = [...new Set([...this.options.agents(), ...view.agents])];
    // Drawn only on change: a menu somebody is reading must not be replaced under the pointer.
    const state = JSON.stringify([view.agents, view.level, view.classes, agents]);
    if (state === this.drawn) return;
    this.drawn = state;
    const opened = this.filters.querySelector('details')?.open ?? false;
    fill(this.filters, this.agentMenu(agents, opened), this.levelSelect(), this.classToggles(), this.reset());
  }

  focus(): void {
    this.input.focus();
    this.input.select();
  }

  /** Points at the column where the query is wrong. */
  problem(problem: ApiError | null): void {
    const query = problem?.status === 400;
    this.input.setAttribute('aria-invalid', String(query));
    this.error.hidden = !query;
    if (!query || !problem) return;
    const { column } = problem;
    fill(
      this.error,
      column !== undefined &&
        h(
          'span',
          { class: 'pointer', 'aria-hidden': 'true' },
          `${'\u00a0'.repeat(Math.max(0, column - 1))}↑`,
        ),
      h('span', {}, problem.message),
    );
  }

  private submit(how: 'push' | 'replace'): void {
    clearTimeout(this.typing);
    byId('query-clear').hidden = this.input.value === '';
    if (this.input.value.trim() !== this.view.q.trim())
      this.options.change({ q: this.input.value.trim(), line: '' }, how);
  }

  private agentMenu(agents: string[], open: boolean): HTMLElement {
    const { view } = this;
    const summary = view.agents.length === 0 ? 'All agents' : view.agents.join(', ');
    const toggle = (agent: string) => {
      const chosen = view.agents.includes(agent)
        ? view.agents.filter(other => other !== agent)
        : [...view.agents, agent];
      this.options.change({ agents: chosen, line: '' });
    };
    return h(
      'details',
      { class: 'menu', open },
      h(
        'summary',
        { class: view.agents.length > 0 ? 'control active' : 'control', title: summary },
        h('span', { class: 'ellipsis' }, view.agents.length > 2 ? `${view.agents.length} agents` : summary),
        icon('caret'),
      ),
      h(
        'div',
        { class: 'menu-panel', role: 'group', 'aria-label': 'Agents' },
        agents.length === 0 && h('p', { class: 'hint' }, 'No agent has sent a line yet.'),
        agents.map(agent =>
          h(
            'label',
            { class: 'check' },
            h('input', {
              type: 'checkbox',
              checked: view.agents.includes(agent),
              on: { change: () => toggle(agent) },
            }),
            h('span', { class: 'agent', vars: { '--hue': agentHue(agent) } }, agent),
          ),
        ),
      ),
    );
  }

  private levelSelect(): HTMLElement {
    const select = h(
      'select',
      { class: this.view.level ? 'control active' : 'control', 'aria-label': 'Lowest level' },
      LEVELS.map(level =>
        h(
          'option',
          { value: level, selected: level === this.view.level },
          level === '' ? 'All levels' : `${level} and worse`,
        ),
      ),
    );
    select.addEventListener('change', () => this.options.change({ level: select.value, line: '' }));
    return h('span', { class: 'select' }, select, icon('caret'));
  }

  private classToggles(): HTMLElement {
    const { view } = this;
    return h(
      'div',
      { class: 'toggles', role: 'group', 'aria-label': 'Signal class' },
      CLASS_NAMES.map(name => {
        const on = view.classes.includes(name);
        return h(
          'button',
          {
            type: 'button',
            class: `toggle class-${name}`,
            'aria-pressed': String(on),
            on: {
              click: () =>
                this.options.change({
                  classes: on ? view.classes.filter(other => other !== name) : [...view.classes, name],
                  line: '',
                }),
            },
          },
          name,
        );
      }),
    );
  }

  private reset(): HTMLElement | null {
    const { view } = this;
    if (view.q === '' && view.agents.length + view.classes.length === 0 && view.level === '') return null;
    return h(
      'button',
      {
        type: 'button',
        class: 'quiet',
        on: { click: () => this.options.change({ q: '', agents: [], level: '', classes: [], line: '' }) },
      },
      icon('close'),
      'Clear filters',
    );
  }
}
