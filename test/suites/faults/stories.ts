import path from 'node:path';
import { TestDisks } from './disks.js';
import type { Expected, Scenario } from './scenarios.js';
import { AGENTS, PORT, type Site, TIMES } from './site.js';

/** The controller gives the run up so long after the first loss, which is 39 s after a cable is pulled, as sai3-bench does. */
const GIVE_UP = 33;
/** It notices a silent agent after this. */
const NOTICED = 6;

export const told = (kind: string, subjects: string[], cause: string | null): Expected => ({
  kind,
  subjects,
  cause,
});

/** All agents started as people start them, and a controller that gives up. */
export async function piped(site: Site): Promise<void> {
  for (const agent of AGENTS) site.startPiped(agent);
  await atWork(site);
}

export async function atWork(site: Site): Promise<void> {
  await site.agentsListen();
  site.startController(600, { giveUp: GIVE_UP });
  await site.workloadBegins();
  await new Promise(resolve => setTimeout(resolve, (3 * TIMES.heartbeat + 2) * 1000));
}

export async function started(site: Site): Promise<void> {
  for (const agent of AGENTS) site.startAgent(agent);
  await atWork(site);
}

/** Who failed, why, and whether it is over, where the run is given up because of it. */
export const STORIES: Scenario[] = [
  {
    name: 'port filtered until the run fails of it',
    kind: 'K1',
    begin: started,
    fault: async site => void site.firewall('a2', '-A', 'DROP'),
    expect: [told('agent-lost', ['a2'], 'timeout')],
    knowable: NOTICED,
    because: 'a probe fails and fails again',
    says: [/the run failed because of it/],
    settle: GIVE_UP + 15,
  },
  {
    name: 'cable out, back after the run has failed',
    kind: 'K1',
    begin: started,
    fault: async site => void site.cable('a2', 'down'),
    expect: [told('agent-lost', ['a2'], 'host-unreachable')],
    knowable: TIMES.late,
    because: 'a heartbeat is late',
    recoverAfter: NOTICED + GIVE_UP + 12,
    recover: async site => site.cable('a2', 'up'),
    says: [/back; the run failed because of it/],
  },
  {
    name: 'program behind tee stopped',
    kind: 'K5',
    begin: piped,
    fault: async site => void site.signalPiped('a2', 'program', 'SIGSTOP'),
    expect: [told('agent-lost', ['a2'], 'frozen')],
    knowable: TIMES.frozen + TIMES.heartbeat,
    because: 'its state is told by the next heartbeat',
    says: [/a2 stood still/],
    settle: 20,
  },
  {
    name: 'program behind tee killed',
    kind: 'K5',
    begin: piped,
    fault: async site => void site.signalPiped('a2', 'program', 'SIGKILL'),
    expect: [told('agent-lost', ['a2'], 'crashed')],
    knowable: 0,
    because: 'the connection breaks at once',
    settle: 10,
  },
  {
    name: 'two cables, one after the other',
    kind: 'K2',
    begin: started,
    fault: async site => {
      site.cable('a2', 'down');
      await new Promise(resolve => setTimeout(resolve, 8000));
      site.cable('a3', 'down');
      return undefined;
    },
    expect: [told('agent-lost', ['a2', 'a3'], 'host-unreachable')],
    knowable: TIMES.late,
    because: 'the second is late by then',
    says: [/a2 was first/],
    settle: 20,
  },
  {
    name: 'two cables in the same second',
    kind: 'K2',
    begin: started,
    fault: async site => {
      for (const agent of ['a2', 'a3'] as const) site.cable(agent, 'down');
      return Date.now();
    },
    expect: [told('agent-lost', ['a2', 'a3'], 'host-unreachable')],
    knowable: TIMES.late,
    because: 'both are late',
    says: [/the run failed because of this/],
    settle: GIVE_UP + 12,
  },
  {
    name: 'a member whose log is not followed',
    kind: 'K7',
    begin: async site => {
      for (const agent of ['a1', 'a2'] as const) site.startAgent(agent);
      site.startAgent('a3', undefined, { log: '../elsewhere.log' });
      await site.agentsListen(['a1', 'a2']);
      await new Promise(resolve => setTimeout(resolve, 3000));
    },
    fault: async site => {
      site.startController(600);
      return undefined;
    },
    expect: [told('log-gap', ['a3'], null)],
    knowable: 32,
    because: 'siblings have written for 30 s',
    says: [/no log of it is read/],
    settle: 10,
  },
  {
    name: 'interrupted (SIGHUP)',
    kind: 'K9',
    begin: started,
    fault: async site => void site.signal('controller', 'SIGHUP'),
    expect: [told('controller-lost', ['controller'], 'interrupted')],
    knowable: 0,
    because: 'the controller says so',
    momentary: true,
    says: [/SIGHUP \(its terminal or ssh session ended\)/],
    settle: 15,
  },
  {
    name: 'interrupted (SIGINT)',
    kind: 'K9',
    begin: started,
    fault: async site => void site.signal('controller', 'SIGINT'),
    expect: [told('controller-lost', ['controller'], 'interrupted')],
    knowable: 0,
    because: 'the controller says so',
    momentary: true,
    says: [/interrupted by SIGINT/],
    settle: 15,
  },
  {
    name: 'controller stopped (SIGSTOP)',
    begin: started,
    fault: async site => void site.signal('controller', 'SIGSTOP'),
    expect: [told('controller-stalled', ['controller'], 'frozen')],
    knowable: TIMES.frozen + TIMES.heartbeat,
    because: 'its state is told by the next heartbeat',
    recover: async site => site.signal('controller', 'SIGCONT'),
  },
  {
    name: 'agents that can not begin',
    kind: 'K4',
    begin: async site => {
      for (const agent of AGENTS) site.startAgent(agent, undefined, { idle: true });
    },
    fault: async site => {
      site.startController(600);
      return undefined;
    },
    expect: [told('agent-not-ready', [...AGENTS], null)],
    knowable: 1,
    because: 'they say so',
    says: [/could not begin the workload/],
    settle: 10,
  },
  {
    name: 'wrong name in the controller’s configuration',
    kind: 'K8',
    begin: async site => {
      for (const agent of AGENTS) site.startAgent(agent);
      await site.agentsListen();
    },
    fault: async site => {
      site.startController(600, { addresses: { a3: `nodx3.invalid:${PORT}` } });
      return undefined;
    },
    expect: [told('agent-not-ready', ['a3'], 'dns')],
    knowable: 1,
    because: 'the service looks the name up itself',
    says: [/a3 itself answers at/],
    settle: 10,
  },
  {
    name: 'agents that say nothing after the start',
    kind: 'K4',
    begin: async site => {
      for (const agent of AGENTS) site.startAgent(agent, undefined, { mute: true });
    },
    fault: async site => {
      site.startController(600);
      return undefined;
    },
    expect: [told('agent-not-ready', [...AGENTS], null)],
    knowable: 46,
    because: 'no line of anybody for 45 s',
    says: [/The run stands still/],
    settle: 5,
  },
  {
    name: 'hung storage',
    kind: 'K5',
    needs: () => TestDisks.freezable(),
    begin: async site => {
      site.startAgent('a1');
      site.startAgent('a3');
      site.startAgent('a2', path.join(site.disks.freezableOf('a2'), 'work'));
      await atWork(site);
    },
    fault: async site => void site.disks.freeze('a2', true),
    expect: [told('agent-lost', ['a2'], 'frozen')],
    knowable: TIMES.frozen + TIMES.heartbeat,
    because: 'a thread of it is held by the kernel for so long',
    recover: async site => site.disks.freeze('a2', false),
  },
  {
    name: 'wrong port in the controller’s configuration',
    kind: 'K8',
    begin: async site => {
      for (const agent of AGENTS) site.startAgent(agent);
      await site.agentsListen();
    },
    fault: async site => {
      site.startController(600, { addresses: { a3: `10.88.${site.number}.4:${PORT + 1}` } });
      return undefined;
    },
    expect: [told('agent-not-ready', ['a3'], 'wrong-address')],
    knowable: 1,
    because: 'the service tries the address itself',
    says: [/a3 listens on port 7761/],
    settle: 10,
  },
];
