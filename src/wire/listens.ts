import type { FileStatus, Heartbeat } from './protocol.js';

/** Where an agent was found to listen, and by whose heartbeat. */
export interface Listening {
  host: string;
  port: number;
}

/**
 * Whether a heartbeat ends what one before it told of where an agent listens: its program runs and does not listen there any more, its
 * log is not reported any more or by another host, or nobody will tell (a goodbye). A program that is gone ends nothing: that it
 * does not answer any more is what one wants to know.
 * @param files the agent's that can be read
 */
export function endsListening(
  { host, port }: Listening,
  beat: Heartbeat,
  files: readonly FileStatus[],
): boolean {
  if (beat.goodbye || beat.host !== host || files.length === 0) return true;
  if (files.some(file => file.listens?.some(listen => listen.port === port))) return false;
  return files.some(file => (file.programs ?? file.writers ?? []).length > 0);
}

/** The files of a heartbeat that can be read, by agent. */
export function filesByAgent(beat: Heartbeat): Map<string, FileStatus[]> {
  const byAgent = new Map<string, FileStatus[]>();
  for (const file of beat.files) {
    if (file.error !== null) continue;
    const files = byAgent.get(file.agent);
    if (files) files.push(file);
    else byAgent.set(file.agent, [file]);
  }
  return byAgent;
}
