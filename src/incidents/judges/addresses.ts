import type { Cause, Evidence } from '../../model/incident.js';
import { clock } from '../../wording/time.js';
import { type Fact, observation } from '../facts.js';
import type { Context } from './context.js';

/** A try so long before or after the complaint is about something else. */
const SAME_MATTER = 120_000;
/** A probe's answer counts so long. */
const STILL_SO = 15_000;

export interface AddressFinding {
  cause?: Cause;
  words?: string;
  evidence: Evidence[];
  /** The agent itself answers at the address that Deadair has: nothing can be said to be closed. */
  answers: boolean;
  /** The service has not tried the controller's address yet. */
  waiting: boolean;
}

/**
 * Whether the address a controller can't use is the agent's at all: what the service's own try of it gave, against where the agent
 * answers probes and where it says that it listens.
 * @returns undefined where nothing is known of the agent's own address
 */
export function addressOf(context: Context, id: string, fact: Fact): AddressFinding | undefined {
  const own = context.settings.agents.find(agent => agent.id === id)?.address;
  const port = context.hosts.agents[id]?.port.at(-1);
  const attempt = context.attempt(id);
  const tried = attempt && Math.abs(attempt.at - fact.at) <= SAME_MATTER ? attempt : undefined;
  if (own === undefined && !tried) return undefined;
  const answers =
    port?.value === 'open' && port.last >= fact.at - STILL_SO && port.since <= fact.at + STILL_SO;
  const evidence = [
    ...(tried
      ? [observation(tried.at, `${id}: ${tried.address} tried from here: ${triedWords(tried)}`, 'cause')]
      : []),
    ...(answers && own ? [observation(port.last, `${id}: ${own} answers from here`, 'cause')] : []),
  ];
  const address = fact.address ?? addressIn(fact.reason);
  if (own !== undefined && !tried && address !== undefined) context.wantTried(id, address);
  const base = { evidence, answers, waiting: own !== undefined && !tried && address !== undefined };
  const there = answers && own ? `; ${id} itself answers at ${own}` : '';
  if (tried?.outcome === 'no-address')
    return {
      ...base,
      cause: 'dns',
      words: `the name ${hostOf(tried.address)}, which the controller has for ${id}, stands for no address here${there}`,
    };
  const wrongPort = tried && listensElsewhere(context, id, tried.address);
  if (tried && wrongPort !== undefined)
    return {
      ...base,
      cause: 'wrong-address',
      words: `${id} listens on port ${wrongPort}, the controller tries ${tried.address}`,
    };
  if (tried && tried.outcome !== 'open' && answers && own && tried.address !== own)
    return {
      ...base,
      cause: 'wrong-address',
      words: `the controller's configuration says ${tried.address}${tried.addresses.length > 0 && !tried.addresses.includes(hostOf(tried.address)) ? ` (${tried.addresses.join(', ')})` : ''}; ${id} answers at ${own}`,
    };
  if (tried?.outcome === 'open')
    return {
      ...base,
      words: `${tried.address} answers from here at ${clock(tried.at)}, so it was not there yet, or the way from the controller to it is blocked`,
    };
  if (tried?.outcome === 'refused')
    return { ...base, cause: 'refused', words: `its host answers, and nobody listens at ${tried.address}` };
  if (tried)
    return { ...base, cause: 'host-unreachable', words: `${tried.address} does not answer from here either` };
  return base;
}

/** `connect ECONNREFUSED 10.0.0.4:7762`, `getaddrinfo ENOTFOUND node4`: many programs name the address in the error alone. */
function addressIn(reason = ''): string | undefined {
  const name = /\bgetaddrinfo E[A-Z_]+ ([A-Za-z0-9_][A-Za-z0-9_.-]{0,250})/.exec(reason)?.[1];
  if (name !== undefined) return name;
  return /(?:^|[\s("'=])([A-Za-z0-9_][A-Za-z0-9_.-]{0,250}:\d{2,5})(?=$|[\s)"',;])/.exec(reason)?.[1];
}

function triedWords({
  outcome,
  addresses,
  detail,
}: {
  outcome: string;
  addresses: string[];
  detail?: string;
}): string {
  const why = detail ? ` (${detail})` : '';
  return outcome === 'no-address'
    ? `no address${why}`
    : `${outcome}${why}${addresses.length > 0 ? `, ${addresses.join(', ')}` : ''}`;
}

/** The port the agent says it listens on, where that is not the one that was tried. */
function listensElsewhere(context: Context, id: string, address: string): number | undefined {
  const own = context.agents[id]?.processStarted?.port;
  const wanted = Number(/:(\d{1,5})$/.exec(address)?.[1]);
  return own !== undefined && wanted > 0 && own !== wanted ? own : undefined;
}

function hostOf(address: string): string {
  return address.replace(/:\d{1,5}$/, '').replace(/^\[|\]$/g, '');
}
