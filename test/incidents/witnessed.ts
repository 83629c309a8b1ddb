import type { Recording } from '../../src/incidents/replay/recording.js';
import type { Witnessed } from '../../src/incidents/replay/witnessed.js';
import { sample } from './recordings.js';

const AGENTS = Array.from({ length: 8 }, (_, index) => `agent-${index + 1}`);
/** The cable of agent-4 was pulled then in 07-linkdown-permanent; its controller noticed 40 s later. */
export const CUT = Date.parse('2026-11-23T16:58:02.600Z');
const PERIOD = 5000;

/** A recorded run of the real program with what collectors and probes would have said of it meanwhile. */
export function witnessed(name: string, isCut: (agent: string, at: number) => boolean): Recording {
  const recording = sample(name);
  const from = recording.arrivals[0]!.at;
  const until = recording.arrivals.at(-1)!.at + 20_000;
  const witnesses: Witnessed[] = [];
  for (const [index, agent] of AGENTS.entries())
    for (let at = from + 600 * index; at < until; at += PERIOD) {
      const cut = isCut(agent, at);
      if (!cut)
        witnesses.push({
          at,
          heartbeat: {
            version: 1,
            collector: `c-${agent}`,
            host: `node-${agent}`,
            agents: [agent],
            sentAt: at - 3,
            program: 'deadair',
            startedAt: from,
            diskFree: 1e9,
            files: [
              {
                path: `/logs/${agent}.log`,
                agent,
                size: 1,
                position: 1,
                mtime: at,
                error: null,
                writers: [{ pid: 7, name: 'tee', state: 'S' }],
                programs: [{ pid: 6, name: 'sai3bench-agent', state: 'S' }],
              },
            ],
          },
        });
      const told = at + 1000;
      witnesses.push({
        at: told,
        probe: { agent, address: `${agent}:7761`, at: told, outcome: cut ? 'timeout' : 'open' },
      });
    }
  witnesses.sort((a, b) => a.at - b.at);
  return {
    ...recording,
    witnesses,
    head: { recording: 2, until, agents: AGENTS.map(id => ({ id, address: `${id}:7761` })) },
  };
}
