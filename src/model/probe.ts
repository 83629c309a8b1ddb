/** `refused`: the host answers, nobody listens; `unreachable`: no route, no such host. */
export const PORT_ANSWERS = ['open', 'refused', 'timeout', 'unreachable'] as const;

/** What a probe of an agent's port found. */
export interface ProbeResult {
  agent: string;
  address: string;
  at: number;
  outcome: (typeof PORT_ANSWERS)[number];
  milliseconds?: number;
  detail?: string;
  /** The address is not in the settings: it was learnt from heartbeats, and has answered before. */
  learnt?: true;
}

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
