import { agentsIn } from '../model/run.js';
import { adviceFor } from '../wording/advice.js';
import { plural, theOther } from '../wording/amount.js';
import { durationWords } from '../wording/duration.js';
import { pastHeadline, subjectWords } from '../wording/incident.js';
import { clock } from '../wording/time.js';
import type { FirstFailure, PostMortem } from './model.js';

/** An incident keeps so many; of a hundred hosts each may have written one. */
const MOST_CONSEQUENCES = 40;

type Draft = Omit<PostMortem, 'verdict' | 'summary' | 'timeline'>;

/** One sentence for somebody who has never seen the system. */
export function verdictSentence(report: Draft): string {
  const { run, first } = report;
  const agents = agentsIn(run) === 1 ? 'one agent' : `${agentsIn(run)} agents`;
  if (!first) {
    if (report.state === 'running')
      return `Run ${run.name} with ${agents} is under way, and nothing is wrong so far.`;
    if (report.state === 'good')
      return `Run ${run.name} with ${agents} went well: nothing failed and nothing was lost.`;
    const how =
      run.outcome === 'interrupted'
        ? 'was interrupted'
        : run.outcome === 'lost'
          ? 'ended without a word'
          : 'failed';
    return `Run ${run.name} with ${agents} ${how}, and neither logs nor heartbeats show a fault of a host or its network.`;
  }
  const { incident } = first;
  const whole = report.state === 'good' || run.outcome === 'completed';
  const grave = incident.severity === 'critical';
  const start = whole
    ? `Run ${run.name} ended, but`
    : report.state === 'running'
      ? `Run ${run.name} ${grave ? 'is in trouble:' : 'is under way, but'}`
      : grave || run.outcome === 'failed'
        ? `Run ${run.name} failed because`
        : `Run ${run.name} ended, and`;
  const into = incident.startedAt - run.startedAt;
  const when = `${clock(incident.startedAt)} UTC${into > 0 ? `, ${durationWords(into)} into the run` : ''}`;
  return `${start} ${pastHeadline(incident)} (${when}).`;
}

/** Of the incident that is told at length: a warning is no failure, nor is anything of a run that ended well. */
export function firstHeading({ incident }: FirstFailure, { outcome }: PostMortem['run']): string {
  return incident.severity === 'critical' && outcome !== 'completed' ? 'What failed first' : 'What was wrong';
}

export function summarySentences(report: Draft): string[] {
  const { first, consequences, incidents, missing, clocks } = report;
  const sentences: string[] = [];
  if (first) {
    sentences.push(first.incident.explanation);
    const advice = adviceFor(first.incident);
    if (advice) sentences.push(advice);
    const others = consequences.map(one => one.by).filter(name => !first.incident.subjects.includes(name));
    if (others.length > 0) {
      const lines = consequences.reduce((total, one) => total + one.count, 0);
      const { controller } = report.run;
      const agentsHit = others.filter(name => name !== controller);
      const all =
        agentsHit.length > 0 && agentsHit.length + first.incident.subjects.length === agentsIn(report.run);
      const who = [
        ...(all
          ? [theOther(agentsHit.length, 'agent')]
          : agentsHit.length > 0
            ? [subjectWords(agentsHit)]
            : []),
        ...(agentsHit.length < others.length ? ['the controller'] : []),
      ].join(' and ');
      const whose =
        lines >= MOST_CONSEQUENCES
          ? `${MOST_CONSEQUENCES} and more lines of the other hosts`
          : `${plural(lines, 'line')} of ${who}`;
      sentences.push(
        `Only a consequence: ${whose}. Nothing failed there by itself, so there is nothing to repair.`,
      );
    }
    const rest = incidents.length - 1;
    if (rest > 0)
      sentences.push(`${rest} more ${rest === 1 ? 'incident is' : 'incidents are'} described below.`);
  }
  sentences.push(missing.sentence);
  const skewed = clocks.filter(clock => Math.abs(clock.offsetMs) > Math.max(1000, clock.plusMinusMs));
  if (skewed.length > 0)
    sentences.push(
      `The clock of ${subjectWords(skewed.map(clock => clock.agent))} is off by more than a second; times here are corrected.`,
    );
  return sentences;
}
