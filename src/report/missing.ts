import { plural } from '../wording/amount.js';
import { subjectWords } from '../wording/incident.js';
import { clock } from '../wording/time.js';
import type { PostMortemInputs } from './inputs.js';
import type { PostMortem } from './model.js';

/** Which lines are missing, or that none is: gaps in what was read, and hosts whose log nobody has read. */
export function missingOf(inputs: PostMortemInputs): PostMortem['missing'] {
  const gaps = inputs.gaps.map(({ agent, path, from, to, at, reason }) => ({
    agent,
    path,
    from,
    to,
    at,
    reason,
  }));
  const unheard = unheardOf(inputs);
  if (gaps.length === 0)
    return {
      sentence:
        unheard.length === 0
          ? 'No line is missing: every byte the collectors saw is stored, without a gap.'
          : `What was read is stored without a gap, but not everything was read: ${unheard.join('; ')}.`,
      gaps: [],
    };
  const bytes = gaps.reduce((total, gap) => total + (gap.to === null ? 0 : gap.to - gap.from), 0);
  const unknown = gaps.some(gap => gap.to === null) ? ', and of some it is not known how many' : '';
  const names = [...new Set(gaps.map(gap => gap.agent))];
  return {
    sentence: `${plural(bytes, 'byte')} of ${subjectWords(names)} are missing in ${plural(gaps.length, 'gap')}${unknown}.${unheard.length > 0 ? ` Besides, ${unheard.join('; ')}.` : ''}`,
    gaps,
  };
}

/** Incidents after which a log may hold lines that nobody has read. */
const UNREAD_KINDS: ReadonlySet<string> = new Set(['agent-lost', 'collector-lost', 'log-gap']);

/** Agents whose lines may never have been seen: a gap is named only where a collector saw the bytes. */
function unheardOf({ agents, incidents, run }: PostMortemInputs): string[] {
  const none = agents.filter(one => one.lines === 0 && one.agent !== run.controller).map(one => one.agent);
  const open = new Set(
    incidents
      .filter(
        one =>
          UNREAD_KINDS.has(one.kind) &&
          one.resolvedAt === undefined &&
          one.cause !== 'crashed' &&
          one.cause !== 'reset',
      )
      .flatMap(one => one.subjects),
  );
  const cut = agents.filter(one => one.lines > 0 && open.has(one.agent));
  return [
    ...(none.length > 0 ? [`there is no line of ${subjectWords(none)} at all`] : []),
    ...unknownSince(cut),
  ];
}

/** From when on nothing is known of which logs: those of one moment in one sentence. */
function unknownSince(cut: PostMortemInputs['agents']): string[] {
  const byTime = new Map<string, string[]>();
  for (const { agent, lastAt } of cut) {
    const since = lastAt === undefined ? '' : ` after ${clock(lastAt)}`;
    byTime.set(since, [...(byTime.get(since) ?? []), agent]);
  }
  return [...byTime].map(
    ([since, agents]) =>
      `nothing is known of ${agents.length > 1 ? `the logs of ${subjectWords(agents)}` : `${agents[0]}’s log`}${since}`,
  );
}
