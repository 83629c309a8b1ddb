import { fill, h, icon } from './dom.js';
import { shortTime, type TimeStyle } from './format.js';
import { endOf } from './runs.js';
import type { Change, View } from './view.js';

const SPANS: [string, string][] = [
  ['5m', 'Last 5 minutes'],
  ['15m', 'Last 15 minutes'],
  ['1h', 'Last hour'],
  ['6h', 'Last 6 hours'],
  ['24h', 'Last 24 hours'],
  ['7d', 'Last 7 days'],
  ['', 'All time'],
];

export interface TimePickerOptions {
  button: HTMLButtonElement;
  panel: HTMLElement;
  change: Change;
  style: () => TimeStyle;
  /** Newest first; the first may still be going on. */
  runs: () => { id: string; name: string; startedAt: string; endedAt: string | null }[];
}

/** The last N, since the run's start, or two times as people write them. */
export class TimePicker {
  private view: View | undefined;

  constructor(private readonly options: TimePickerOptions) {
    const { button, panel } = options;
    button.addEventListener('click', () => (panel.hidden ? this.open() : this.close()));
    document.addEventListener('pointerdown', event => {
      if (!panel.hidden && !panel.contains(event.target as Node) && !button.contains(event.target as Node))
        this.close();
    });
    panel.addEventListener('keydown', event => {
      if (event.key !== 'Escape') return;
      event.stopPropagation();
      this.close();
      button.focus();
    });
  }

  show(view: View): void {
    this.view = view;
    fill(
      this.options.button,
      icon('clock'),
      h('span', {}, spanText(view, this.options.style())),
      icon('caret'),
    );
  }

  private close(): void {
    this.options.panel.hidden = true;
    this.options.button.setAttribute('aria-expanded', 'false');
  }

  private open(): void {
    const { panel, button } = this.options;
    fill(panel, this.spans(), this.absolute());
    panel.hidden = false;
    button.setAttribute('aria-expanded', 'true');
    panel.querySelector<HTMLElement>('[aria-pressed="true"], button')?.focus();
  }

  private spans(): HTMLElement {
    const { view } = this;
    const choice = (from: string, to: string, text: string) =>
      h(
        'button',
        {
          type: 'button',
          class: 'choice',
          'aria-pressed': String(view?.from === from && view.to === to),
          on: {
            click: () => {
              this.close();
              this.options.change({ from, to });
            },
          },
        },
        text,
      );
    const [run] = this.options.runs();
    return h(
      'div',
      { class: 'choices' },
      SPANS.map(([from, text]) => choice(from, '', text)),
      run && choice('run', endOf(run), `${run.endedAt ? 'Last run' : 'Since run start'} · ${run.name}`),
    );
  }

  private absolute(): HTMLElement {
    const from = h('input', {
      id: 'time-from',
      value: this.view?.from ?? '',
      placeholder: '2h, 14:30, 2026-11-23 14:30',
      autocomplete: 'off',
      spellcheck: 'false',
    });
    const to = h('input', {
      id: 'time-to',
      value: this.view?.to ?? '',
      placeholder: 'now',
      autocomplete: 'off',
      spellcheck: 'false',
    });
    const submit = (event: Event) => {
      event.preventDefault();
      this.close();
      this.options.change({ from: from.value.trim(), to: to.value.trim() });
    };
    return h(
      'form',
      { class: 'absolute', on: { submit } },
      h('label', { for: 'time-from' }, 'From'),
      from,
      h('label', { for: 'time-to' }, 'To'),
      to,
      h('button', { type: 'submit', class: 'primary' }, 'Apply'),
    );
  }
}

function spanText(view: View, style: TimeStyle): string {
  const known = SPANS.find(([from]) => from === view.from && view.to === '');
  if (known) return known[1];
  if (view.from.startsWith('run') && view.to === '') return 'Since run start';
  const text = (value: string) => {
    const time = Date.parse(value);
    return Number.isNaN(time) || !/^\d{4}-/.test(value) ? value : shortTime(time, style);
  };
  return `${view.from === '' ? 'start' : text(view.from)} – ${view.to === '' ? 'now' : text(view.to)}`;
}
