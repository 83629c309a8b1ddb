import uPlot from 'uplot';
import { naturalOrder } from '../../../platform/natural-order.js';
import { clockTime, fullTime, type TimeStyle } from '../../../wording/time.js';
import type { Histogram } from '../api/types.js';
import { agentHue } from '../ui/agent-hue.js';
import type { Stacking } from './histogram.js';

const HEIGHT = 88;
/** A fault among thousands of lines must not vanish in a pixel's fraction. */
const LEAST_FAULT_PX = 3;

/** From the ground up: what matters stands at the bottom, where heights can be compared. */
const CLASS_ORDER = ['disconnect', 'timeout', 'refused', 'dns', 'tls', 'recovered', 'none'];
const LEVEL_ORDER = ['fatal', 'error', 'warn', 'notice', 'info', 'debug', 'trace', 'none'];

export interface Layer {
  key: string;
  colour: string;
  counts: number[];
  total: number;
  fault: boolean;
}

/** The stacked bars. uPlot gives axes, cursor and brush; the bars are drawn here. */
export class Chart {
  private plot: uPlot | undefined;
  private reply: Histogram | undefined;
  private layers: Layer[] = [];
  private by: Stacking = 'class';
  private style: TimeStyle = { utc: false };
  private readonly tip = document.createElement('div');
  private readonly resized = new ResizeObserver(() => this.resize());

  /** @param onBrush a span was chosen, ms since the epoch */
  constructor(
    private readonly box: HTMLElement,
    private readonly onBrush: (from: number, to: number) => void,
  ) {
    this.tip.className = 'chart-tip';
    this.tip.hidden = true;
    this.resized.observe(box);
  }

  show(reply: Histogram, by: Stacking, layers: Layer[], style: TimeStyle): void {
    Object.assign(this, { reply, by, layers, style });
    const from = Date.parse(reply.from);
    // Also without a single line: an empty chart says when there was nothing.
    const buckets = Math.round((Date.parse(reply.to) - from) / reply.interval);
    const starts = Array.from({ length: buckets }, (_, i) => (from + i * reply.interval) / 1000);
    const totals = starts.map((_, i) => layers.reduce((sum, layer) => sum + (layer.counts[i] ?? 0), 0));
    this.plot?.destroy();
    this.box.replaceChildren(this.tip);
    this.tip.hidden = true;
    this.plot = new uPlot(this.options(reply, from), [starts, totals], this.box);
  }

  close(): void {
    this.resized.disconnect();
    this.plot?.destroy();
  }

  private options(reply: Histogram, from: number): uPlot.Options {
    const quiet = colourOf(this.box, '--text-3');
    const grid = { stroke: colourOf(this.box, '--line'), width: 1 };
    const font = `11px ${getComputedStyle(this.box).fontFamily}`;
    return {
      width: this.box.clientWidth,
      height: HEIGHT,
      padding: [6, 8, 0, 0],
      legend: { show: false },
      cursor: { y: false, points: { show: false }, drag: { x: true, y: false, setScale: false } },
      select: { show: true, left: 0, top: 0, width: 0, height: 0 },
      tzDate: seconds => {
        const date = new Date(seconds * 1000);
        return this.style.utc ? uPlot.tzDate(date, 'Etc/UTC') : date;
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
          space: 90,
          font,
          values: (_plot, splits) => axisTimes(splits, this.style),
        },
        { stroke: quiet, grid, ticks: { show: false }, size: 44, gap: 6, font, splits: wholeSteps },
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
            this.onBrush(begin, end);
          },
        ],
      },
    };
  }

  private drawBars(plot: uPlot, reply: Histogram): void {
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
    const head = document.createElement('b');
    head.textContent = clockTime(start, this.style).replace(/\.000$/, '');
    this.tip.replaceChildren(
      head,
      ...rows.slice(0, 12).map(layer => {
        const row = document.createElement('span');
        row.style.setProperty('--key', layer.colour);
        row.textContent = `${labelOf(this.by, layer.key)} ${layer.counts[bucket]}`;
        return row;
      }),
    );
    this.tip.hidden = false;
    const offset = plot.over.offsetLeft + left;
    const flip = offset > this.box.clientWidth - 180;
    this.tip.style.left = flip ? 'auto' : `${offset + 14}px`;
    this.tip.style.right = flip ? `${this.box.clientWidth - offset + 14}px` : 'auto';
  }

  private resize(): void {
    const width = this.box.clientWidth;
    if (this.plot && width > 0 && width !== this.plot.width) this.plot.setSize({ width, height: HEIGHT });
  }
}

export function labelOf(by: Stacking, key: string): string {
  return key === 'none' || key === '' ? (by === 'class' ? 'no signal' : `no ${by}`) : key;
}

export function layersOf(reply: Histogram, by: Stacking, box: HTMLElement): Layer[] {
  const order = by === 'class' ? CLASS_ORDER : LEVEL_ORDER;
  const rank = (key: string) => {
    const at = order.indexOf(key);
    return at < 0 ? order.length : at;
  };
  return [...reply.series]
    .sort((a, b) => (by === 'agent' ? naturalOrder(a.key, b.key) : rank(a.key) - rank(b.key)))
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
  return probed(box, probe => {
    probe.style.color = `var(${property})`;
  });
}

function agentColour(box: HTMLElement, agent: string): string {
  return probed(box, probe => {
    probe.className = 'probe agent';
    probe.style.setProperty('--hue', String(agentHue(agent)));
  });
}

function probed(box: HTMLElement, style: (probe: HTMLElement) => void): string {
  const probe = document.createElement('span');
  probe.className = 'probe';
  style(probe);
  box.append(probe);
  const { color } = getComputedStyle(probe);
  probe.remove();
  return color;
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
