import type { ProbeResult } from '../model/probe.js';
import { endsListening } from '../wire/listens.js';
import type { FileStatus, Heartbeat } from '../wire/protocol.js';
import type { Condition } from './spells.js';

/** An agent's port, as it was found from the controller's side. */
export interface PortWitness {
  /** The host whose collector reports the agent. */
  host?: string;
  /** How the port answers from the controller's side. */
  port: Condition<ProbeResult['outcome']>[];
  /** It has answered once: only then does its silence mean anything. */
  portWasOpen?: boolean;
  address?: string;
  /** The address was learnt from heartbeats: it counts for as long as they say that the agent listens there. */
  learnt?: true;
}

/** Whether a heartbeat says that an agent does not listen any more where that was learnt. */
export function endsLearntPort(
  { learnt, host = '', address = '' }: PortWitness,
  beat: Heartbeat,
  files: readonly FileStatus[],
): boolean {
  const port = Number(/:(\d+)$/.exec(address)?.[1]);
  return learnt === true && endsListening({ host, port }, beat, files);
}

export function forgetPort(witness: PortWitness): void {
  witness.port = [];
  delete witness.portWasOpen;
  delete witness.address;
  delete witness.learnt;
}
