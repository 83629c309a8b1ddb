import { LEVELS } from '../model/vocabulary.js';
import { defined } from '../platform/defined.js';
import type { Tally } from '../skeletons/tally.js';
import { type Template, templatesOf } from './templates.js';
import { unlikeSiblings } from './unusual.js';

/** One run of a comparison. */
export interface ComparedTally {
  tally: Pick<Tally, 'skeletons'>;
  /** Length in ms, for rates. */
  duration: number;
  agents: readonly string[];
}

export interface DiffRow {
  id: string;
  template: string;
  /** Lines in each run. */
  before: number;
  now: number;
  level: Template['level'];
  class: Template['class'];
  example: string;
  /** The only host that prints it, in the run it is in. */
  agent?: string;
  first?: number;
}

/** What differs between two runs, each kind of line at most once, the most telling first. */
export interface Diff {
  new: DiffRow[];
  gone: DiffRow[];
  /** Printed much more or much less often, by count and by rate. */
  changed: DiffRow[];
  /** In both runs, but now on one host only. */
  oneHost: DiffRow[];
  /** Kinds of lines the two have in common. */
  same: number;
}

const TIMES = 2;
/** Standard deviations between two counts before they are called different. */
const SIGMAS = 4;

/** @param before the good run @param now the one to judge */
export function diffRuns(before: ComparedTally, now: ComparedTally): Diff {
  const [old, current] = templatesOf([before.tally, now.tally]) as [Template[], Template[]];
  const was = new Map(old.map(one => [one.text, one]));
  const is = new Map(current.map(one => [one.text, one]));
  const diff: Diff = { new: [], gone: [], changed: [], oneHost: [], same: 0 };
  for (const one of current) {
    if (one.continuation) continue;
    const then = was.get(one.text);
    if (!then) diff.new.push(row(one, 0, one.count, onlyAgent(one)));
    else if (hasChanged(then.count, one.count, before, now))
      diff.changed.push(row(one, then.count, one.count));
    else {
      const odd = unlikeSiblings(one, now.agents);
      if (odd?.agent !== undefined && !unlikeSiblings(then, before.agents))
        diff.oneHost.push(row(one, then.count, one.count, odd.agent));
      else diff.same++;
    }
  }
  for (const one of old)
    if (!one.continuation && !is.has(one.text)) diff.gone.push(row(one, one.count, 0, onlyAgent(one)));
  for (const list of [diff.new, diff.gone, diff.changed, diff.oneHost]) list.sort(byWeight);
  return diff;
}

function hasChanged(before: number, now: number, a: ComparedTally, b: ComparedTally): boolean {
  if (Math.abs(now - before) < SIGMAS * Math.sqrt(before + now)) return false;
  const count = now / before;
  const time = Math.max(1, b.duration) / Math.max(1, a.duration);
  const agents = Math.max(1, b.agents.length) / Math.max(1, a.agents.length);
  // Some lines come once a host, some once a second: only what has changed either way has changed.
  const rates = [count, count / time, count / agents, count / time / agents];
  return rates.every(rate => rate >= TIMES) || rates.every(rate => rate <= 1 / TIMES);
}

function onlyAgent({ agents }: Template): string | undefined {
  const names = Object.keys(agents);
  return names.length === 1 ? names[0] : undefined;
}

function row(one: Template, before: number, now: number, agent?: string): DiffRow {
  const { id, text, level, example, first } = one;
  return {
    id,
    template: text,
    before,
    now,
    level,
    class: one.class,
    example,
    ...defined({ agent }),
    ...(now > 0 ? { first } : {}),
  };
}

function byWeight(a: DiffRow, b: DiffRow): number {
  const weight = (one: DiffRow) => (one.class !== 'none' ? 8 : 0) + LEVELS.indexOf(one.level);
  return (
    weight(b) - weight(a) ||
    (a.first ?? 0) - (b.first ?? 0) ||
    Math.abs(b.now - b.before) - Math.abs(a.now - a.before) ||
    (a.template < b.template ? -1 : 1)
  );
}
