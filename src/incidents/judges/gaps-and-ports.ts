import type { ByName } from '../../platform/by-name.js';
import { defined } from '../../platform/defined.js';
import { countWords } from '../../wording/amount.js';
import { clock } from '../../wording/time.js';
import { type AgentState, observation, type Verdict } from '../facts.js';
import type { LostBytes } from '../inputs.js';
import { causes } from './context.js';

/** A process that found its port taken says so itself; that it began anew later means that it got it. */
export function judgePorts({ agents }: { agents: ByName<AgentState> }): Verdict[] {
  return Object.values(agents).flatMap(state => {
    const fact = state.portTaken;
    if (!fact) return [];
    const next =
      state.processStarted && state.processStarted.at > fact.at + 1000 ? state.processStarted : undefined;
    return [
      {
        key: `port:${state.id}:${Math.round(fact.at)}`,
        kind: 'port-conflict' as const,
        subjects: [state.id],
        cause: 'port-taken' as const,
        severity: 'critical' as const,
        startedAt: fact.at,
        knowableAt: fact.seen + 500,
        ...defined({ resolvedAt: next?.at, resolvedSeen: next?.seen }),
        explanation: `${state.id} could not start at ${clock(fact.at)}: another process listens on its port (“${fact.text.slice(0, 120)}”); end that process or choose another port.`,
        evidence: causes(fact),
        consequences: [],
      },
    ];
  });
}

const GAP_WORDS: Record<Exclude<LostBytes['reason'], 'unseen'>, string> = {
  'truncated-before-read': 'the file was truncated before they were read',
  'deleted-before-read': 'the file was deleted before they were read',
  'rotated-away': 'the file was rotated away before they were read',
  unreadable: 'they can’t be read',
  'collector-limit': 'they exceed the collector’s limits',
  rewritten: 'the file was rewritten',
};

/** Lines that are missing are named, never passed over. */
export function judgeGap({ reason, ...gap }: LostBytes): Verdict[] {
  return reason === 'unseen' ? [] : [verdictOf({ ...gap, reason })];
}

function verdictOf(gap: LostBytes & { reason: keyof typeof GAP_WORDS }): Verdict {
  return {
    key: `gap:${gap.source}:${gap.from}`,
    kind: 'log-gap',
    subjects: [gap.agent],
    cause: gap.reason === 'unreadable' ? 'permission' : 'truncated',
    severity: 'warning',
    startedAt: gap.at,
    knowableAt: gap.at,
    resolvedAt: gap.at,
    resolvedSeen: gap.at,
    explanation: `${gap.to === null ? 'An unknown number of' : countWords(gap.to - gap.from)} bytes of ${gap.path} on ${gap.agent} are missing (from offset ${gap.from}): ${GAP_WORDS[gap.reason]}.`,
    evidence: [
      observation(
        gap.at,
        `${gap.path}: bytes ${gap.from} to ${gap.to ?? '?'} are gone (${gap.reason})`,
        'cause',
      ),
    ],
    consequences: [],
  };
}
