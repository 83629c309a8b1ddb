import type { PORT_ANSWERS } from '../model/probe.js';

/**
 * What came of the service's own try of an address that a controller could not use: the controller may know the agent by a name
 * or port that is not the agent's, and then nothing is the matter with the agent.
 */
export interface Attempt {
  agent: string;
  /** As the controller has it: `host:port`. */
  address: string;
  at: number;
  /** `no-address`: the name stands for no address, or the resolver does not answer. */
  outcome: (typeof PORT_ANSWERS)[number] | 'no-address';
  /** What the name stands for; its own text where it is an address already. */
  addresses: string[];
  /** errno name, such as ENOTFOUND. */
  detail?: string;
}

const KEPT = 200;

/** The latest attempt for each agent and address. */
export class Attempts {
  private readonly byKey: Map<string, Attempt>;

  constructor(saved: Attempt[] = []) {
    this.byKey = new Map(saved.map(one => [keyOf(one), one]));
  }

  note(attempt: Attempt): void {
    const key = keyOf(attempt);
    this.byKey.delete(key);
    this.byKey.set(key, attempt);
    if (this.byKey.size > KEPT) this.byKey.delete(this.byKey.keys().next().value as string);
  }

  of(agent: string): Attempt | undefined {
    return [...this.byKey.values()].findLast(one => one.agent === agent);
  }

  save(): Attempt[] {
    return [...this.byKey.values()];
  }
}

function keyOf({ agent, address }: Attempt): string {
  return `${agent} ${address}`;
}
