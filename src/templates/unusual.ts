import { LEVELS } from '../model/vocabulary.js';
import { defined } from '../platform/defined.js';
import { SLICES, type Tally } from '../skeletons/tally.js';
import { durationWords } from '../wording/duration.js';
import { type Template, templatesOf } from './templates.js';

/** What is out of the ordinary about a kind of line. Weak evidence: it supports an incident, it never makes one. */
export interface Unusual {
  why: 'new' | 'burst' | 'unlike-siblings';
  /** When it began (new, unlike) or was at its height (burst), ms since the epoch. */
  at: number;
  /** Who printed it, where it is one host. */
  agent?: string;
  count: number;
  template: string;
  example: string;
  /** For people: one sentence without the line. */
  sentence: string;
}

export interface UnusualQuestion {
  tally: Tally;
  /** Skeletons of healthy runs; absent: no healthy run is known, so nothing can be called new. */
  known?: Pick<Tally, 'skeletons'>;
  /** Hosts with the same task, whose lines should be alike. */
  siblings: readonly string[];
}

/** A burst has so many lines in a slice at least, and so many times the others' average. */
const BURST = { lines: 10, times: 8 };
/** Fewer hosts than this have no usual. */
const LEAST_SIBLINGS = 3;
/** One host prints it so much more often than the middle one of its siblings. */
const UNLIKE = { lines: 10, times: 5 };

/** Everything unusual in a run, the most telling first: new before unlike before bursts, worse levels and rarer lines first. */
export function findUnusual({ tally, known, siblings }: UnusualQuestion): Unusual[] {
  const [templates, usual] = templatesOf([tally, ...(known ? [known] : [])]) as [Template[], Template[]?];
  const seen = usual && new Set(usual.map(one => one.text));
  const found: { unusual: Unusual; rank: number }[] = [];
  for (const template of templates) {
    // A stack trace is told by the record it belongs to.
    if (template.continuation) continue;
    const unusual =
      (seen && !seen.has(template.text) ? newTemplate(template) : undefined) ??
      unlikeSiblings(template, siblings) ??
      burst(template, tally);
    if (unusual) found.push({ unusual, rank: rankOf(template, unusual) });
  }
  return found.sort((a, b) => b.rank - a.rank || a.unusual.at - b.unusual.at).map(one => one.unusual);
}

function rankOf(template: Template, { why }: Unusual): number {
  const kind = why === 'new' ? 2 : why === 'unlike-siblings' ? 1 : 0;
  const worse = template.class !== 'none' ? 8 : LEVELS.indexOf(template.level);
  return kind * 4 + worse * 2 - Math.log10(template.count + 1);
}

function newTemplate(template: Template): Unusual {
  const agents = Object.keys(template.agents);
  const only = agents.length === 1 ? agents[0] : undefined;
  return make(template, 'new', template.first, only, 'No healthy run printed such a line');
}

/** The one host that prints a line none of the others prints, or many times as often. */
export function unlikeSiblings(template: Template, siblings: readonly string[]): Unusual | undefined {
  if (siblings.length < LEAST_SIBLINGS) return undefined;
  const counted = new Map(Object.entries(template.agents));
  const counts = siblings
    .map(agent => ({ agent, count: counted.get(agent) ?? 0 }))
    .sort((a, b) => b.count - a.count);
  const [most, second] = [counts[0]!, counts[1]!];
  if (most.count === 0) return undefined;
  if (second.count === 0) {
    // A host outside the group that prints it, too, makes it nothing special.
    if (Object.keys(template.agents).length > 1) return undefined;
    return make(
      template,
      'unlike-siblings',
      template.first,
      most.agent,
      `Only ${most.agent} printed such a line`,
    );
  }
  const middle = counts[Math.floor(counts.length / 2)]!.count;
  if (most.count < UNLIKE.lines || most.count < UNLIKE.times * Math.max(1, second.count)) return undefined;
  return make(
    template,
    'unlike-siblings',
    template.first,
    most.agent,
    `${most.agent} printed such a line ${most.count} times, its siblings about ${middle} times`,
  );
}

function burst(template: Template, { from, to }: Tally): Unusual | undefined {
  const most = Math.max(...template.slices);
  if (most < BURST.lines) return undefined;
  const others = (template.count - most) / (SLICES - 1);
  // All at once and never else is how a program starts; a burst stands out from something.
  if (template.count === most || most < BURST.times * Math.max(others, 0.5)) return undefined;
  const slice = template.slices.indexOf(most);
  const at = from + (slice * (to - from)) / SLICES;
  const agents = Object.keys(template.agents);
  return make(
    template,
    'burst',
    at,
    agents.length === 1 ? agents[0] : undefined,
    `${most} such lines within ${durationWords((to - from) / SLICES)}, ${others < 1 ? 'hardly any' : `about ${Math.round(others)}`} in the same time before and after`,
  );
}

function make(
  { text, count, example }: Template,
  why: Unusual['why'],
  at: number,
  agent: string | undefined,
  sentence: string,
): Unusual {
  return { why, at, ...defined({ agent }), count, template: text, example, sentence };
}
