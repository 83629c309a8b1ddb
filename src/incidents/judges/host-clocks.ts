import { SERVICE_HOST } from '../../model/incident.js';
import { naturalOrder } from '../../platform/natural-order.js';
import { durationWords, offsetWords } from '../../wording/duration.js';
import { list } from '../../wording/words.js';
import { observation, type Verdict } from '../facts.js';
import { isClockOff } from '../host-clock.js';
import type { HostState } from '../host-state.js';
import type { HostContext } from './host-context.js';
import { runClockKey } from './workload.js';

/** Clocks that are set by one another, or by one server, differ by no more, beside what they are known to, ms. */
const AGREE = 500;
/** So many periods after a clock was found off every other host has been measured, too. */
const ALL_MEASURED = 1.5;

interface Measured {
  host: HostState;
  offset: number;
  within: number;
  at: number;
}

/**
 * Clocks that are off, by the exchange of heartbeats; certain only beyond their uncertainty. Where more hosts agree with one another
 * than with the service, it is the service's own clock: one fault, and not theirs.
 */
export function judgeHostClocks(context: HostContext): Verdict[] {
  const measured = Object.values(context.hosts.hosts).flatMap(host =>
    host.goodbye === undefined && host.clock ? [{ host, ...host.clock }] : [],
  );
  const off = measured.filter(({ host }) => isClockOff(host.clock, context.settings.clockSkew));
  if (off.length === 0) return [];
  const common = mostAlike(off);
  // containers of one machine have one clock and one voice
  const own = machines(measured.filter(one => !common.includes(one)));
  const isOwn = machines(common) > Math.max(1, own);
  const single = isOwn ? off.filter(one => !common.includes(one)) : off;
  // by a controller's word, before its heartbeat was heard
  const told = context.runs.map(({ run }) => runClockKey(run));
  return [
    ...(isOwn ? [ownClock(common)] : []),
    ...single.map(one => ({ ...clockOf(one, measured), takesOver: told })),
  ];
}

/** The largest set of clocks that agree with one another. */
function mostAlike(clocks: readonly Measured[]): Measured[] {
  const sorted = clocks.toSorted((a, b) => a.offset - b.offset);
  let best: Measured[] = [];
  let from = 0;
  for (let to = 0; to < sorted.length; to++) {
    const last = sorted[to]!;
    while (last.offset - sorted[from]!.offset > AGREE + last.within + sorted[from]!.within) from++;
    if (to + 1 - from > best.length) best = sorted.slice(from, to + 1);
  }
  return best;
}

function machines(clocks: readonly Measured[]): number {
  return new Set(clocks.map(({ host }) => host.bootId ?? host.host)).size;
}

function ownClock(clocks: Measured[]): Verdict {
  const [nearest] = clocks.toSorted((a, b) => a.within - b.within);
  const { offset, within } = nearest!;
  const names = clocks.map(({ host }) => host.host).sort(naturalOrder);
  return {
    key: 'clock:here',
    kind: 'clock-skew',
    subjects: [SERVICE_HOST],
    severity: 'warning',
    startedAt: Math.min(...clocks.map(({ at }) => at)),
    // one host alone would be that host's fault: it is told when the others have been asked
    knowableAt: Math.max(...clocks.map(({ at }) => at)),
    explanation: `The clock of the host Deadair runs on is ${durationWords(Math.abs(offset))} (± ${durationWords(within)}) ${offset > 0 ? 'behind' : 'ahead'}: ${list(names)} agree with one another and not with it; the times Deadair gives are off by as much.`,
    evidence: clocks
      .slice(0, 20)
      .map(one =>
        observation(
          one.at,
          `clock offset of ${one.host.host}: ${offsetWords(one.offset, one.within)}`,
          'cause',
        ),
      ),
    consequences: [],
    takesOver: clocks.map(({ host }) => keyOf(host)),
  };
}

function keyOf({ host }: HostState): string {
  return `clock:host:${host}`;
}

function clockOf({ host, offset, within, at }: Measured, all: readonly Measured[]): Verdict {
  const alone = all.every(other => other.host === host || other.at >= at || other.host.lastAt > at);
  return {
    key: keyOf(host),
    kind: 'clock-skew',
    subjects: host.agents.length > 0 ? host.agents : [host.host],
    severity: 'warning',
    startedAt: at,
    knowableAt: alone ? host.lastAt : at + ALL_MEASURED * host.periodMs,
    explanation: `The clock of ${host.host} is ${durationWords(Math.abs(offset))} (± ${durationWords(within)}) ${offset > 0 ? 'ahead of' : 'behind'} that of the host Deadair runs on; times in its logs are off by as much.`,
    evidence: [
      observation(host.lastAt, `clock offset of ${host.host}: ${offsetWords(offset, within)}`, 'cause'),
    ],
    consequences: [],
  };
}
