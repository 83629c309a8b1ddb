/** What a probe of an agent's port found. */
export interface ProbeResult {
  agent: string;
  address: string;
  at: number;
  /** `open`, `refused` (host answers, nobody listens), `timeout`, `unreachable` (no route, no such host). */
  outcome: 'open' | 'refused' | 'timeout' | 'unreachable';
  milliseconds?: number;
  detail?: string;
}
