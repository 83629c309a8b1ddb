import type { Cause } from '../../model/incident.js';
import type { AgentFacts, Fact, Interval } from '../facts.js';

/** One agent that was lost, as far as it has been worked out. */
export interface Loss {
  agent: AgentFacts;
  /** The complaint, or the moment the agent should have reacted. */
  fact: Fact;
  cause: Cause;
  /** Between the last good and the first bad sign. */
  began: Interval;
  startedAt: number;
  knowableAt: number;
  /** Its host answered the order to stop, but nobody listened any more. */
  refused?: Fact | undefined;
  /** Nobody complained of it: it was found missing. */
  unheard?: boolean;
}
