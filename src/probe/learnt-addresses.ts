import { isIP, SocketAddress } from 'node:net';
import { isLoopback } from '../platform/loopback.js';
import { addTo, removeFrom, type SetIndex } from '../platform/set-index.js';
import { endsListening, filesByAgent, type Listening } from '../wire/listens.js';
import type { FileStatus, Heartbeat, Listen } from '../wire/protocol.js';

/** Agents whose addresses are learnt, at most: as many as may be configured. */
const MOST_AGENTS = 1000;

/** Who asks the addresses that were learnt. */
export interface Asker {
  /** Asks `address` until the next word; what comes of it counts from the first time on that somebody answers there. */
  follow(agent: string, address: string): void;
  leave(agent: string): void;
}

export interface LearntDeps {
  asker: Asker;
  /** Agents with an address in the settings, and those addresses: nothing is learnt of them. */
  configured: readonly { id: string; address?: string }[];
  /** Whether it matters now how an agent's port answers: nobody else's is asked without having been named. */
  needed(agent: string): boolean;
  /** Of this machine; undefined: not known, and no loopback address is believed. */
  bootId: string | undefined;
  /** Ports that are tried first where a program has several. */
  preferredPort: number;
}

interface Claim extends Listening {
  address: string;
}

/**
 * Where agents of a run listen that have no address in the settings, learnt from heartbeats: a port at which the program that writes the agent's
 * log takes connections and has had one, at the address its collector's request came from. Believed only where that address is one of the host's
 * own (nothing translates on the way), where no other agent has the same, and once somebody has answered there. It is forgotten when
 * the program listens no more, and when its collector says goodbye.
 */
export class LearntAddresses {
  private readonly claims = new Map<string, Claim>();
  private readonly byHost: SetIndex<string, string> = new Map();
  private readonly byAddress: SetIndex<string, string> = new Map();
  private readonly settled: ReadonlySet<string>;
  private readonly taken: ReadonlySet<string>;

  constructor(private readonly deps: LearntDeps) {
    const given = deps.configured.filter(({ address }) => address !== undefined);
    this.settled = new Set(given.map(({ id }) => id));
    this.taken = new Set(given.map(({ address }) => address!));
  }

  /** @param from the address the heartbeat came from, as the socket knows it; undefined: it came from no other process */
  heard(beat: Heartbeat, from: string | undefined): void {
    const byAgent = filesByAgent(beat);
    for (const agent of this.byHost.get(beat.host) ?? []) if (!byAgent.has(agent)) this.forget(agent);
    let reached: string | undefined;
    for (const [agent, files] of byAgent) {
      if (this.settled.has(agent)) continue;
      const claim = this.claims.get(agent);
      if (claim && !endsListening(claim, beat, files)) continue;
      this.forget(agent);
      if (beat.goodbye || from === undefined || !files.some(file => file.listens?.some(({ used }) => used)))
        continue;
      reached ??= this.reached(beat, from);
      if (reached === undefined || !this.deps.needed(agent)) continue;
      const port = this.portOf(files, reached);
      if (port !== undefined)
        this.claim(agent, { host: beat.host, address: addressText(reached, port), port });
    }
  }

  private reached(beat: Heartbeat, from: string): string | undefined {
    const address = from.replace(/^::ffff:(?=\d+\.)/, '');
    if (isIP(address) === 0 || !beat.addresses?.some(own => isSame(own, address))) return undefined;
    // A tunnel ends at the loopback, too.
    if (isLoopback(address) && (beat.bootId === undefined || beat.bootId !== this.deps.bootId))
      return undefined;
    return address;
  }

  private portOf(files: readonly FileStatus[], reached: string): number | undefined {
    const ports = files
      .flatMap(file => file.listens ?? [])
      .filter(listen => listen.used && isReachedAt(listen, reached))
      .map(({ port }) => port);
    return ports.includes(this.deps.preferredPort) ? this.deps.preferredPort : ports.sort((a, b) => a - b)[0];
  }

  private claim(agent: string, claim: Claim): void {
    if (this.claims.size >= MOST_AGENTS) return;
    this.claims.set(agent, claim);
    addTo(this.byHost, claim.host, agent);
    addTo(this.byAddress, claim.address, agent);
    this.settle(claim.address);
  }

  private forget(agent: string): void {
    const claim = this.claims.get(agent);
    if (!claim) return;
    this.claims.delete(agent);
    this.deps.asker.leave(agent);
    removeFrom(this.byHost, claim.host, agent);
    removeFrom(this.byAddress, claim.address, agent);
    this.settle(claim.address);
  }

  /** An address that two have tells of neither. */
  private settle(address: string): void {
    const agents = [...(this.byAddress.get(address) ?? [])];
    if (agents.length === 1 && !this.taken.has(address)) this.deps.asker.follow(agents[0]!, address);
    else for (const agent of agents) this.deps.asker.leave(agent);
  }
}

function isReachedAt({ address }: Listen, reached: string): boolean {
  if (address === '::') return true;
  if (address === '0.0.0.0') return isIP(reached) === 4;
  return isSame(address, reached);
}

/** Whatever form an address is written in. */
function isSame(one: string, other: string): boolean {
  return one === other || (isIP(one) === 6 && isIP(other) === 6 && canonical(one) === canonical(other));
}

function canonical(address: string): string {
  return new SocketAddress({ address, family: 'ipv6' }).address;
}

function addressText(host: string, port: number): string {
  return isIP(host) === 6 ? `[${host}]:${port}` : `${host}:${port}`;
}
