import { type ByName, byName } from '../platform/by-name.js';

interface Known {
  /** What a controller calls an agent → Deadair's agent id. */
  aliases: ByName<string>;
  /** `host:port` or host → the name the controller uses for it. */
  addresses: ByName<string>;
}

/**
 * Who is meant. A controller names agents by ids of its own or by address; Deadair by the ids of its collectors. What
 * stands for what is learnt from the lines themselves (an agent's log tells what its controller calls it) and from the
 * configuration.
 */
export class Names {
  private known: Known;
  /** The first address of each agent; made anew when something was learnt. */
  private addresses: Map<string, string> | undefined;

  constructor(saved?: Known) {
    this.known = { aliases: byName(saved?.aliases), addresses: byName(saved?.addresses) };
  }

  /** @param called the controller's name for `agent` */
  learnAlias(called: string, agent: string): void {
    if (called === agent) return;
    this.known.aliases[called] = agent;
    this.addresses = undefined;
  }

  learnAddress(address: string, name: string): void {
    if (this.known.addresses[address] === name) return;
    this.known.addresses[address] = name;
    this.addresses = undefined;
  }

  /** Deadair's id for a name; the name itself where nothing else is known. */
  agent(name: string): string {
    const byAddress = this.known.addresses[name] ?? this.known.addresses[hostOf(name)] ?? name;
    return this.known.aliases[byAddress] ?? byAddress;
  }

  isAddress(name: string): boolean {
    return /:\d+$/.test(name) || /^\d+\.\d+\.\d+\.\d+$/.test(name) || name.includes('[');
  }

  /** Whether the address belongs to somebody known. */
  knows(address: string): boolean {
    return address in this.known.addresses || hostOf(address) in this.known.addresses;
  }

  addressOf(agent: string): string | undefined {
    if (!this.addresses) {
      this.addresses = new Map();
      for (const [address, name] of Object.entries(this.known.addresses).reverse())
        this.addresses.set(this.agent(name), address);
    }
    return this.addresses.get(agent);
  }

  save(): Known {
    return this.known;
  }
}

function hostOf(address: string): string {
  return address.replace(/:\d+$/, '');
}

/**
 * The names of agents nobody has heard of, from those that are known and their number: ids that count from 1
 * (`agent-1` … `agent-8`), as controllers give them to agents without a name.
 * @param pattern the program's own way of naming, `{n}` for the number
 * @returns undefined where the known names follow no such pattern
 */
export function enumerate(known: string[], total: number, pattern: string | undefined): string[] | undefined {
  let shape = pattern;
  for (const name of known) {
    const number = /^(.*?)(\d+)(\D*)$/.exec(name);
    if (!number) return undefined;
    const found = `${number[1]}{n}${number[3]}`;
    if (name === known[0]) shape = found;
    else if (shape !== found) return undefined;
  }
  if (!shape) return undefined;
  const names: string[] = [];
  // zero-based names are told by a 0 among the known
  const first = known.some(name => name === shape.replace('{n}', '0')) ? 0 : 1;
  const width = known[0] === undefined ? 1 : (/\d+(?=\D*$)/.exec(known[0])?.[0].length ?? 1);
  const padded = known.some(name => /(^|\D)0\d+\D*$/.test(name));
  for (let n = first; n < total + first; n++) {
    names.push(shape.replace('{n}', padded ? String(n).padStart(width, '0') : String(n)));
  }
  return known.every(name => names.includes(name)) ? names : undefined;
}
