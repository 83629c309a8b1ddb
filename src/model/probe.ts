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
}
