import type { HistogramReply } from './api.js';
import { fill, h } from './dom.js';
import { agentHue, clockTime, fullTime, plural, shortTime, type TimeStyle } from './format.js';
import uPlot from './vendor/uplot.js';

const HEIGHT = 96;
/** A fault among thousands of lines must not vanish in a pixel's fraction. */
const LEAST_FAULT_PX = 3;

/** From the ground up: what matters stands at the bottom, where heights can be compared. */
const CLASS_ORDER = ['disconnect', 'timeout', 'refused', 'dns', 'tls', 'recovered', 'none'];
const LEVEL_ORDER = ['fatal', 'error', 'warn', 'notice', 'info', 'debug', 'trace', 'none'];

export type Stacking = 'class' | 'agent' | 'level';

export interface HistogramOptions {
  box: HTMLElement;
  legend: HTMLElement;
  style: () => TimeStyle;
  /** A span was brushed; ms since the epoch. */
  onBrush: (from: number, to: number) => void;
  /** A legend's entry was chosen: filter by it. */
  onPick: (by: Stacking, key: string) => void;
}

interface Layer {
  key: string;
  colour: string;
  counts: number[];
  total: number;
  fault: boolean;
}

/** Lines over time, stacked; a brush chooses a span. uPlot gives axes, cursor and brush, the stacked bars are drawn here. */
export class HistogramChart {
  private plot: uPlot | undefined;
  private layers: Layer[] = [];
  private reply: HistogramReply | undefined;
  private by: Stacking = 'class';
  private readonly tip = h('div', { class: 'chart-tip', hidden: true });

  constructor(private readonly options: HistogramOptions) {
    new ResizeObserver(() => this.resize()).observe(options.box);
  }

  show(reply: HistogramReply, by: Stacking): void {
    this.reply = reply;
    this.by = by;
    this.draw();
  }

  /** After a change of theme or zone: colours and labels are painted, not styled. */
  draw(): void {
    const { reply, by } = this;
    if (!reply) return;
    this.layers = layersOf(reply, by, this.options.box);
    const from = Date.parse(reply.from);
    // Also without a single line: an empty chart says when there was nothing.
    const buckets = Math.round((Date.parse(reply.to) - from) / reply.interval);
    const starts = Array.from({ length: buckets }, (_, i) => (from + i * reply.interval) / 1000);
    const totals = starts.map((_, i) => this.layers.reduce((sum, layer) => sum + (layer.counts[i] ?? 0), 0));
    this.plot?.destroy();
    fill(this.options.box, this.tip);
    this.tip.hidden = true;
    this.plot = new uPlot(this.plotOptions(reply, from), [starts, totals], this.options.box);
    this.options.box.setAttribute('aria-label', this.summary());
    this.drawLegend();
  }

  private plotOptions(reply: HistogramReply, from: number): uPlot.Options {
    const { box } = this.options;
    const quiet = colourOf(box, '--text-3');
    const grid = { stroke: colourOf(box, '--line'), width: 1 };
    return {
      width: box.clientWidth,
      height: HEIGHT,
      padding: [6, 0, 0, 0],
      legend: { show: false },
      cursor: { y: false, points: { show: false }, drag: { x: true, y: false, setScale: false } },
      select: { show: true, left: 0, top: 0, width: 0, height: 0 },
      tzDate: seconds => {
        const date = new Date(seconds * 1000);
        return this.options.style().utc ? uPlot.tzDate(date, 'Etc/UTC') : date;
      },
      scales: {
        x: { time: true, range: [from / 1000, Date.parse(reply.to) / 1000] },
        y: { range: (_plot, _low, high) => [0, Math.max(4, high * 1.05)] },
      },
      axes: [
        {
          stroke: quiet,
          grid: { show: false },
          ticks: { ...grid, size: 4 },
          size: 22,
          font: axisFont(box),
          values: (_plot, splits) => axisTimes(splits, this.options.style()),
        },
        {
          stroke: quiet,
          grid,
          ticks: { show: false },
          size: 44,
          gap: 6,
          font: axisFont(box),
          splits: wholeSteps,
        },
      ],
      series: [{}, { paths: () => null, points: { show: false } }],
      hooks: {
        draw: [plot => this.drawBars(plot, reply)],
        setCursor: [plot => this.showTip(plot)],
        setSelect: [
          plot => {
            if (plot.select.width < 3) return;
            const begin = plot.posToVal(plot.select.left, 'x') * 1000;
            const end = plot.posToVal(plot.select.left + plot.select.width, 'x') * 1000;
            plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
            this.options.onBrush(begin, end);
          },
        ],
      },
    };
  }

  private drawBars(plot: uPlot, reply: HistogramReply): void {
    const from = Date.parse(reply.from);
    const context = plot.ctx;
    const ratio = devicePixelRatio || 1;
    const ground = Math.round(plot.valToPos(0, 'y', true));
    const buckets = this.layers[0]?.counts.length ?? 0;
    for (let i = 0; i < buckets; i++) {
      const left = Math.round(plot.valToPos((from + i * reply.interval) / 1000, 'x', true));
      const right = Math.round(plot.valToPos((from + (i + 1) * reply.interval) / 1000, 'x', true));
      const width = Math.max(1, right - left - Math.max(1, Math.round(ratio)));
      let base = ground;
      for (const layer of this.layers) {
        const value = layer.counts[i] ?? 0;
        if (value === 0) continue;
        const exact = ground - plot.valToPos(value, 'y', true);
        const height = Math.max(layer.fault ? LEAST_FAULT_PX * ratio : 1, Math.round(exact));
        context.fillStyle = layer.colour;
        context.fillRect(left, base - height, width, height);
        base -= height;
      }
    }
  }

  private showTip(plot: uPlot): void {
    const index = plot.cursor.idx;
    const left = plot.cursor.left ?? -1;
    if (index === null || index === undefined || left < 0 || !this.reply) {
      this.tip.hidden = true;
      return;
    }
    // uPlot gives the nearest bucket's start; the bar under the pointer is the one that contains the time.
    const from = Date.parse(this.reply.from);
    const bucket = Math.floor((plot.posToVal(left, 'x') * 1000 - from) / this.reply.interval);
    const start = from + bucket * this.reply.interval;
    const rows = this.layers.filter(layer => (layer.counts[bucket] ?? 0) > 0);
    fill(
      this.tip,
      h('b', {}, clockTime(start, this.options.style()).replace(/\.000$/, '')),
      rows.map(layer =>
        h(
          'span',
          { vars: { '--key': layer.colour } },
          `${label(this.by, layer.key)} ${layer.counts[bucket]}`,
        ),
      ),
      rows.length === 0 && h('span', { class: 'nothing' }, 'no lines'),
    );
    this.tip.hidden = false;
    const offset = plot.over.offsetLeft + left;
    const flip = offset > this.options.box.clientWidth - 180;
    this.tip.style.left = flip ? 'auto' : `${offset + 14}px`;
    this.tip.style.right = flip ? `${this.options.box.clientWidth - offset + 14}px` : 'auto';
  }

  private drawLegend(): void {
    fill(
      this.options.legend,
      this.layers
        .filter(layer => layer.total > 0 && !(this.by !== 'agent' && layer.key === 'none'))
        .slice(0, 24)
        .map(layer =>
          h(
            'button',
            {
              type: 'button',
              class: 'key',
              vars: { '--key': layer.colour },
              title: `Only ${label(this.by, layer.key)}`,
              on: { click: () => this.options.onPick(this.by, layer.key) },
            },
            label(this.by, layer.key),
            h('span', { class: 'key-count' }, String(layer.total)),
          ),
        ),
    );
  }

  private summary(): string {
    const { reply } = this;
    if (!reply) return 'Lines over time';
    const style = this.options.style();
    const faults = this.layers.filter(layer => layer.fault).reduce((sum, layer) => sum + layer.total, 0);
    return (
      `Lines over time: ${plural(reply.total, 'line')} from ${shortTime(Date.parse(reply.from), style)} to ` +
      `${shortTime(Date.parse(reply.to), style)}${this.by === 'class' ? `, ${plural(faults, 'fault')}` : ''}`
    );
  }

  private resize(): void {
    const width = this.options.box.clientWidth;
    if (this.plot && width > 0 && width !== this.plot.width) this.plot.setSize({ width, height: HEIGHT });
  }
}

function label(by: Stacking, key: string): string {
  return key === 'none' || key === '' ? (by === 'class' ? 'no signal' : `no ${by}`) : key;
}

function layersOf(reply: HistogramReply, by: Stacking, box: HTMLElement): Layer[] {
  const order = by === 'class' ? CLASS_ORDER : LEVEL_ORDER;
  const rank = (key: string) => {
    const at = order.indexOf(key);
    return at < 0 ? order.length : at;
  };
  return [...reply.series]
    .sort((a, b) =>
      by === 'agent' ? a.key.localeCompare(b.key, 'en', { numeric: true }) : rank(a.key) - rank(b.key),
    )
    .map(({ key, counts }) => ({
      key,
      counts,
      total: counts.reduce((sum, value) => sum + value, 0),
      colour: by === 'agent' ? agentColour(box, key) : colourOf(box, `--${by}-${key || 'none'}`),
      fault: by === 'class' && key !== 'none' && key !== 'recovered',
    }));
}

/** A custom property as the canvas needs it: resolved for the theme in force. */
function colourOf(box: HTMLElement, property: string): string {
  const probe = h('span', { class: 'probe' });
  probe.style.color = `var(${property})`;
  box.append(probe);
  const colour = getComputedStyle(probe).color;
  probe.remove();
  return colour;
}

function agentColour(box: HTMLElement, agent: string): string {
  const probe = h('span', { class: 'probe agent', vars: { '--hue': agentHue(agent) } });
  box.append(probe);
  const colour = getComputedStyle(probe).color;
  probe.remove();
  return colour;
}

function axisFont(box: HTMLElement): string {
  return `11px ${getComputedStyle(box).fontFamily}`;
}

/** Only whole numbers of lines, at most three of them. */
function wholeSteps(_plot: uPlot, _axis: number, low: number, high: number): number[] {
  const step = [1, 2, 5]
    .flatMap(n => [n, n * 10, n * 100, n * 1e3, n * 1e4, n * 1e5, n * 1e6, n * 1e7])
    .sort((a, b) => a - b)
    .find(candidate => high / candidate <= 3);
  if (!step) return [low, high];
  const splits: number[] = [];
  for (let value = 0; value <= high; value += step) splits.push(value);
  return splits;
}

/** 24-hour times, with seconds only where ticks are closer than a minute and days where they are farther than one. */
function axisTimes(splits: number[], style: TimeStyle): string[] {
  const step = (splits[1] ?? 0) - (splits[0] ?? 0);
  return splits.map(seconds => {
    const text = fullTime(seconds * 1000, style);
    if (step >= 86_400) return text.slice(5, 10);
    return step >= 60 ? text.slice(11, 16) : text.slice(11, 19);
  });
}
