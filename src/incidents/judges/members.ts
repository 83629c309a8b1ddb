import type { Cause } from '../../model/incident.js';
import { defined } from '../../platform/defined.js';
import { durationWords } from '../../wording/duration.js';
import { clock } from '../../wording/time.js';
import { list } from '../../wording/words.js';
import { type AgentFacts, observation, type Verdict } from '../facts.js';
import type { HostState } from '../host-state.js';
import { absentAt, agentsOf, type Context, causes, endOf, symptoms } from './context.js';

/** Siblings have written for so long while it writes nothing: it is not about to. */
const STANDS_STILL = 30_000;

/**
 * Members of a run of which nothing is read: no log at all, or one that stands still while those of its siblings grow. No fault of the
 * run, but whoever looks for a line afterwards will not find it. Told only of agents that a witness shows to be there.
 */
export function judgeMembers(context: Context): Verdict[] {
  const { run, settings } = context;
  if (endOf(run) < Number.POSITIVE_INFINITY) return [];
  const writing = agentsOf(run).filter(agent => agent.started);
  if (writing.length < 2) return [];
  const begun = writing.map(agent => agent.started!.seen).sort((a, b) => a - b);
  const middle = begun[Math.floor((begun.length - 1) / 2)] as number;
  const names = new Set([...settings.agents.map(agent => agent.id), ...agentsOf(run).map(agent => agent.id)]);
  return [...names].flatMap(id => {
    if (id === run.run.controller) return [];
    const facts = run.agents[id];
    if (facts?.started || isElsewhere(context, id, facts)) return [];
    const told = context.earlier.some(verdict => verdict.subjects.includes(id));
    return told ? [] : (silentMember(context, id, facts, middle, writing) ?? []);
  });
}

/** Part of another run, ended, given up, or not there: then its silence says something else, or nothing. */
function isElsewhere(context: Context, id: string, facts: AgentFacts | undefined): boolean {
  const { run, hosts, agents } = context;
  if (facts?.completed ?? facts?.aborted ?? facts?.failed ?? facts?.connectFailed ?? facts?.rejected)
    return true;
  if (agents[id]?.retired || hosts.agents[id]?.port.at(-1)?.value !== 'open') return true;
  if (context.runs.some(one => one !== run && id in one.agents && endOf(one) > context.now)) return true;
  // the controller counts no more than those whose logs tell of the work
  const configured = context.settings.agents.filter(agent => agent.id !== run.run.controller).length;
  return facts === undefined && run.run.announced !== configured;
}

function silentMember(
  context: Context,
  id: string,
  facts: AgentFacts | undefined,
  begun: number,
  writing: AgentFacts[],
): Verdict[] | undefined {
  const { run, hosts, agents } = context;
  const state = agents[id];
  const host = hosts.hostOf(id);
  const heard = state?.heard ?? 0;
  // a collector that is silent itself is another matter
  if (host && context.now - host.lastAt > 2.5 * host.periodMs) return undefined;
  if (host && hosts.agents[id]?.unread) return undefined;
  const knowableAt = absentAt(context, [id], Math.max(begun, heard), STANDS_STILL);
  context.wake(knowableAt);
  if (!Number.isFinite(knowableAt)) return undefined;
  const { cause, why } = reasonOf(host);
  const siblings = list(writing.map(agent => agent.id));
  return [
    {
      key: `no-log:${run.run.id}:${id}`,
      kind: 'log-gap',
      subjects: [id],
      ...defined({ cause }),
      severity: 'warning',
      run: run.run.id,
      startedAt: Math.max(heard, run.started.at),
      knowableAt,
      explanation: state
        ? `${id} takes part in the run (its port answers) and its log stands still since ${clock(heard)}, while ${siblings} write: nothing is known of what it does${why}.`
        : `${id} takes part in the run (its port answers) and no log of it is read, while those of ${siblings} are${idleCollectors(context)}: nothing will be known of what it does${why}.`,
      evidence: [
        observation(
          knowableAt,
          `${id}: no line for ${durationWords(knowableAt - Math.max(heard, begun))}`,
          'cause',
        ),
        ...hosts.evidenceFor(id, knowableAt),
        ...causes(facts?.ready, facts?.joined),
        ...symptoms(...writing.slice(0, 3).map(agent => agent.started)),
      ],
      consequences: [],
    },
  ];
}

function reasonOf(host: HostState | undefined): { cause?: Cause; why: string } {
  if (host?.diskFree === 0)
    return { cause: 'disk-full', why: `; the disk of its log directory on ${host.host} is full` };
  if (host?.writable === false)
    return { cause: 'permission', why: `; nothing can be written in its log directory on ${host.host}` };
  return { why: '' };
}

/** Collectors that follow no file: one of them may be on its host. */
function idleCollectors({ hosts }: Context): string {
  const idle = Object.values(hosts.hosts).filter(
    host => host.goodbye === undefined && host.agents.length === 0,
  );
  return idle.length === 0
    ? ''
    : ` (the ${idle.length > 1 ? 'collectors' : 'collector'} on ${list(idle.map(host => host.host))} ${idle.length > 1 ? 'follow' : 'follows'} no file: see its watch pattern)`;
}
