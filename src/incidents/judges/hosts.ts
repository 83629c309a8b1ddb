import type { ProbeResult } from '../../model/probe.js';
import { defined } from '../../platform/defined.js';
import { clock } from '../../wording/time.js';
import type { Verdict } from '../facts.js';
import type { HostState } from '../host-state.js';
import { processWords } from '../processes.js';
import type { Condition } from '../spells.js';
import { judgeControllers } from './controller-hosts.js';
import { judgeHostClocks } from './host-clocks.js';
import { type HostContext, isBusy, lastWordsBy, lateAt, lateLimit, sendsUntil } from './host-context.js';
import { judgeOutages, type Trouble } from './outages.js';

/** A probe that failed once may have met a moment; so much later it still fails. */
const STILL_FAILING = 4000;
/** The same for a refusal, which is an answer. */
const STILL_REFUSED = 1000;
/** A heartbeat says what was so a moment before it arrived. */
const ON_ITS_WAY = 500;
/** How long an open port must outlive the heartbeats to show that only they are missing: more than any probe takes. */
const LONGEST_PROBE = 3000;
/** A host that is back has so long until its collector is heard again. */
const COMING_BACK = 30_000;

/**
 * The table of docs/reference/incidents.md: heartbeat, the log's process, and the port as seen from here decide together. A heartbeat
 * that is late is enough with a second witness; alone it must be silent for as long as the settings say.
 */
export function judgeHosts(context: HostContext): Verdict[] {
  const { hosts, settings, now } = context;
  const findings: Trouble[] = [];
  for (const host of Object.values(hosts.hosts)) {
    if (host.goodbye !== undefined && now - host.lastAt > settings.silentAfter)
      context.skip('collector-lost', undefined, host.goodbye, `the collector on ${host.host} said goodbye`);
  }
  for (const agent of Object.keys(hosts.agents)) {
    const host = hosts.hostOf(agent);
    if (host && (host.goodbye !== undefined || !hosts.reports(host, agent))) continue;
    if (context.agents[agent]?.retired) {
      context.skip('collector-lost', agent, now, 'the agent is retired');
      continue;
    }
    if (host && hosts.isBeside(agent)) findings.push(...judgeBeside(context, host, agent));
    else findings.push(...judgeApart(context, host, agent));
  }
  return [...judgeOutages(context, findings), ...judgeControllers(context), ...judgeHostClocks(context)];
}

/** When the next heartbeat would be late or silent: silence makes no event of its own. Infinity: never. */
export function nextSilence(context: Pick<HostContext, 'now' | 'hosts' | 'settings' | 'silentAt'>): number {
  const { now, hosts, settings, silentAt } = context;
  let next = Number.POSITIVE_INFINITY;
  for (const host of Object.values(hosts.hosts)) {
    if (host.goodbye !== undefined) continue;
    for (const limit of [lateLimit(settings, host), settings.silentAfter]) {
      for (const since of [host.lastAt, host.linesAt ?? 0]) {
        const at = silentAt(since, limit);
        if (at > now) next = Math.min(next, at);
      }
    }
    const sends = sendsUntil({ settings, silentAt }, host);
    if (sends > now) next = Math.min(next, sends);
  }
  return next;
}

function judgeBeside(context: HostContext, host: HostState, agent: string): Trouble[] {
  const witness = context.hosts.agents[agent];
  if (!witness) return [];
  // not needed any more is not well again: who is told as ill stays so until a sign of life
  const busy = isBusy(context, agent) || isTold(context, agent);
  const port = witness.portWasOpen || busy ? witness.port.at(-1) : undefined;
  if (isSilent(context, host)) return [silent(context, host, agent, port, busy)];
  const found =
    ended(context, host, agent, port) ??
    (busy ? (stopped(context, host, agent) ?? filtered(context, host, agent, port)) : undefined);
  return found ? [found] : [];
}

/** Neither heartbeat nor lines. */
function isSilent(context: HostContext, host: HostState): boolean {
  return context.now >= lateAt(context, host) && context.now >= sendsUntil(context, host);
}

function isTold({ hosts }: HostContext, agent: string): boolean {
  const outage = hosts.agents[agent]?.outage;
  return outage?.['agent-lost'] !== undefined || outage?.['agent-stalled'] !== undefined;
}

/** Since when a port has not been open, however the failing has changed meanwhile. */
function illSince(spells: readonly Condition<ProbeResult['outcome']>[]): number | undefined {
  const open = spells.findLastIndex(({ value }) => value === 'open');
  return spells[open + 1]?.since;
}

/** No heartbeat: the port tells the host from its collector. */
function silent(
  context: HostContext,
  host: HostState,
  agent: string,
  port: Condition<ProbeResult['outcome']> | undefined,
  busy: boolean,
): Trouble {
  const late = lateAt(context, host);
  // a collector alone is no emergency: a busy host may hold it up
  const heardAt = Math.max(host.lastAt, host.linesAt ?? 0);
  const silentAt = context.silentAt(heardAt, context.settings.silentAfter);
  const patient = Math.min(context.silentAt(heardAt, 1.5 * context.settings.lateAfter), silentAt);
  const ago = `its collector's last heartbeat came at ${clock(host.lastAt)}`;
  const base = { agent, silent: true, since: host.lastAt };
  const heard = port && port.last > host.lastAt ? port : undefined;
  if (heard?.value === 'timeout' || heard?.value === 'unreachable') {
    return {
      ...base,
      kind: 'agent-lost',
      cause: 'host-unreachable',
      knowableAt: Math.max(late, heard.since),
      words: `${ago} and its port does not answer, so the host is down or cut off`,
    };
  }
  if (heard?.value === 'refused') {
    return {
      ...base,
      kind: busy ? 'agent-lost' : 'collector-lost',
      cause: 'crashed',
      since: busy ? Math.min(host.lastAt, heard.since) : host.lastAt,
      knowableAt: Math.max(busy ? late : patient, heard.since),
      words: busy
        ? `${ago} and nobody listens on its port: collector and agent are both gone while the host answers`
        : `${ago} and nobody listens on the agent's port, which no run needs just now, while the host answers`,
    };
  }
  // an answer from before the cut proves nothing: it must come when a heartbeat was missing already
  if (heard && heard.last >= host.lastAt + Math.max(2 * host.periodMs, LONGEST_PROBE)) {
    const outage = context.hosts.agents[agent]?.outage?.['agent-lost'];
    // the host is back before its collector beats again: it is not the collector alone that was gone
    if (outage !== undefined && context.silentAt(heard.since, COMING_BACK) > context.now)
      return {
        ...base,
        kind: 'agent-lost',
        ...defined({ cause: context.hosts.outages[outage]?.cause }),
        knowableAt: context.now,
        words: `${ago}; its port answers again since ${clock(heard.since)}`,
      };
    return {
      ...base,
      answers: true,
      kind: 'collector-lost',
      cause: 'unknown',
      knowableAt: Math.max(silentAt === Number.POSITIVE_INFINITY ? silentAt : patient, heard.last),
      words: `${ago} while the agent's port answers: its collector died, or what it sends does not arrive; the agent itself is there`,
    };
  }
  return {
    ...base,
    kind: 'collector-lost',
    knowableAt: silentAt,
    words: `${ago}, and there is no probe to tell the host from its collector`,
  };
}

/** The host is heard, the agent's process is gone or nobody listens any more. */
function ended(
  context: HostContext,
  host: HostState,
  agent: string,
  port: Condition<ProbeResult['outcome']> | undefined,
): Trouble | undefined {
  const { hosts } = context;
  const witness = hosts.agents[agent];
  const process = fresh(witness?.process, host);
  const listening = fresh(witness?.listening, host);
  const gone = process?.value === 'gone' ? process : undefined;
  const refused = port?.value === 'refused' ? port : undefined;
  // where its own host can tell, a refusal from here waits for its word: a firewall may refuse in its name
  const alive = refused && hosts.livesBehind(agent, refused);
  const closed = listening?.value === false ? listening : refused && alive === false ? refused : undefined;
  const end = gone ?? closed;
  if (gone && !closed && isListening(witness, listening, port, gone))
    return logOrphaned(context, agent, gone);
  if (end) {
    const since = Math.min(gone?.since ?? end.since, closed?.since ?? end.since);
    if (!isBusy(context, agent, since)) {
      // after its run a process may end: nobody asks why that is no loss
      if (!context.runs.some(run => agent in run.agents || run.run.controller === agent))
        context.skip('agent-lost', agent, since, 'its process ended outside a run');
      return undefined;
    }
    const words = gone
      ? "its collector reports that the log's process is gone"
      : 'nobody listens on its port any more while the host answers';
    return {
      agent,
      kind: 'agent-lost',
      cause: 'crashed',
      since,
      knowableAt: lastWordsBy(context, host, agent, since),
      words,
    };
  }
  if (
    !refused ||
    !alive ||
    refused.last - refused.since < STILL_REFUSED ||
    !isBusy(context, agent, refused.since)
  )
    return undefined;
  return {
    agent,
    kind: 'agent-lost',
    cause: 'reset',
    since: refused.since,
    knowableAt: Math.min(refused.last, refused.since + STILL_FAILING),
    words:
      'its process runs and its host is heard, but connections to its port are refused on the way: a firewall or proxy answers in its place',
  };
}

/** A port that is open after the process was found gone, on its own host or from here: the program lives. */
function isListening(
  witness: HostContext['hosts']['agents'][string] | undefined,
  listening: Condition<boolean> | undefined,
  port: Condition<ProbeResult['outcome']> | undefined,
  gone: Condition<string>,
): boolean {
  if (listening?.value === true) return true;
  return witness?.listening.length === 0 && port?.value === 'open' && port.last > gone.since + LONGEST_PROBE;
}

function logOrphaned(
  context: HostContext,
  agent: string,
  { since, last }: Condition<string>,
): Trouble | undefined {
  if (!isBusy(context, agent, since) || last - since < STILL_REFUSED) return undefined;
  return {
    agent,
    kind: 'log-gap',
    since,
    knowableAt: last,
    words:
      'whoever wrote its log (tee) is gone, the program still listens on its port: it works on, and no more of its log will come',
  };
}

function stopped(context: HostContext, host: HostState, agent: string): Trouble | undefined {
  const process = fresh(context.hosts.agents[agent]?.process, host);
  if (process?.value !== 'T' && process?.value !== 'D') return undefined;
  return {
    agent,
    kind: 'agent-stalled',
    cause: 'frozen',
    since: process.since,
    knowableAt: process.since + context.settings.frozenAfter,
    words: processWords(process.value),
  };
}

/** Heartbeats from before and after the port fell silent show that the host itself can be reached. */
function filtered(
  context: HostContext,
  host: HostState,
  agent: string,
  port: Condition<ProbeResult['outcome']> | undefined,
): Trouble | undefined {
  if (port?.value !== 'timeout' && port?.value !== 'unreachable') return undefined;
  const since = illSince(context.hosts.agents[agent]?.port ?? []) ?? port.since;
  if (!isBusy(context, agent, since)) return undefined;
  // after a cut the heartbeat is often back before the next probe is
  const from = Math.max(port.since, host.gaps.at(-1)?.to ?? port.since);
  if (port.last - from < STILL_FAILING || host.lastAt <= from + ON_ITS_WAY) return undefined;
  return {
    agent,
    kind: 'agent-lost',
    cause: 'timeout',
    since,
    knowableAt: port.last,
    words:
      'its collector is heard and its process runs, but its port does not answer from here: the way to the port is cut or filtered',
  };
}

/**
 * The agent's log is read from another host (a shared directory), or no collector reports it: the port alone tells of it,
 * and only while a run needs it. The silence of the reading host is the collector's.
 */
function judgeApart(context: HostContext, host: HostState | undefined, agent: string): Trouble[] {
  const found: Trouble[] = [];
  if (host && isSilent(context, host)) {
    found.push({
      agent,
      silent: true,
      kind: 'collector-lost',
      since: host.lastAt,
      knowableAt: context.silentAt(Math.max(host.lastAt, host.linesAt ?? 0), context.settings.silentAfter),
      words: `the last heartbeat of the collector that reads its log came at ${clock(host.lastAt)}`,
    });
  }
  const port = context.hosts.agents[agent]?.port.at(-1);
  if (!port || port.value === 'open' || !isBusy(context, agent, port.since)) return found;
  const refused = port.value === 'refused';
  const knowableAt = refused
    ? port.since + STILL_REFUSED
    : context.silentAt(port.since, context.settings.lateAfter);
  if (port.last < knowableAt) return found;
  return [
    {
      agent,
      kind: 'agent-lost',
      cause: refused ? 'crashed' : 'host-unreachable',
      since: port.since,
      knowableAt,
      words: refused
        ? 'nobody listens on its port any more while its host answers'
        : 'its port does not answer any more, and no collector on its host tells more',
    },
    ...found,
  ];
}

/** Only what the last heartbeat still told. */
function fresh<T extends { last: number }>(spells: T[] | undefined, host: HostState): T | undefined {
  const last = spells?.at(-1);
  return last && last.last >= host.lastAt ? last : undefined;
}
