import path from 'node:path';
import { AGENTS, PORT, type Site, TIMES } from './site.js';

export interface Expected {
  kind: string;
  subjects: string[];
  cause: string | null;
}

export interface Scenario {
  name: string;
  /** The kind of story it tells (issue 15, K1 to K11), where it stands for one; its recording is then kept as a test. */
  kind?: string;
  /** The agents' addresses are in no settings. */
  learns?: boolean;
  /** How alerts are grouped; default: each incident at once. */
  group?: object;
  /** Titles of messages that must have been sent. */
  titles?: RegExp[];
  /** Titles that none may have. */
  neverTitled?: RegExp[];
  /** Why it can't be had on this machine, where it can't. */
  needs?(): string | undefined;
  /** How long the program's run lasts, in seconds; default: longer than the scenario. */
  runSeconds?: number;
  /** Instead of starting all three agents and waiting for the workload to begin. */
  begin?(site: Site): Promise<void>;
  /** @returns when the fault began, ms, where that is not the moment it was called */
  fault(site: Site): Promise<number | undefined>;
  /** All incidents there may be in the end, as they stand then. */
  expect: Expected[];
  /** Seconds after the fault from which it can be known, by the thresholds in force: what alert delays are counted from. */
  knowable: number;
  /** Why. */
  because: string;
  /** Seconds after the fault at which the recovery comes, alert or not; default: after the alert. */
  recoverAfter?: number;
  /** Absent: the fault stays. */
  recover?(site: Site): Promise<void>;
  /** A moment, over when it is told. */
  momentary?: boolean;
  /** What the explanations hold in the end. */
  says?: RegExp[];
  /** Seconds nothing is done after the last step, to see that nothing more is told. */
  settle?: number;
}

const A2 = ['a2'];
const lost = (cause: string, subjects = A2): Expected => ({ kind: 'agent-lost', subjects, cause });

const setCables = (site: Site, state: 'up' | 'down', agents: readonly (typeof AGENTS)[number][] = ['a2']) => {
  for (const agent of agents) site.cable(agent, state);
};

/** Everything issue 6 wants to see told, on a real network. */
export const SCENARIOS: Scenario[] = [
  {
    name: 'agent killed (kill -9)',
    fault: async site => void (await site.stop('a2', 'SIGKILL')),
    expect: [lost('crashed')],
    knowable: 0,
    because: 'the connection breaks and the process is gone at once',
    recover: async site => site.startAgent('a2'),
  },
  {
    name: 'agent stopped (SIGSTOP)',
    fault: async site => void site.signal('a2', 'SIGSTOP'),
    expect: [lost('frozen')],
    knowable: TIMES.frozen,
    because: `a process may stand still for silence.frozen (${TIMES.frozen} s)`,
    recover: async site => site.signal('a2', 'SIGCONT'),
    settle: 10,
  },
  {
    name: 'link down for good',
    fault: async site => void setCables(site, 'down'),
    expect: [lost('host-unreachable')],
    knowable: TIMES.late,
    because: `a heartbeat is late after silence.late (${TIMES.late} s)`,
    settle: 25,
  },
  {
    name: 'link down 20 s',
    fault: async site => void setCables(site, 'down'),
    expect: [lost('host-unreachable')],
    knowable: TIMES.late,
    because: `a heartbeat is late after silence.late (${TIMES.late} s)`,
    recoverAfter: 20,
    recover: async site => setCables(site, 'up'),
  },
  {
    name: 'host cut off, address learnt',
    learns: true,
    fault: async site => void setCables(site, 'down'),
    expect: [lost('host-unreachable')],
    knowable: TIMES.late,
    because: `a heartbeat is late after silence.late (${TIMES.late} s), and the port that was learnt is the second witness`,
    recover: async site => setCables(site, 'up'),
  },
  {
    name: 'no more connections taken, address learnt',
    learns: true,
    fault: async site => void site.signal('a2', 'SIGUSR2'),
    expect: [],
    knowable: 0,
    because: 'the agent works on for its controller, and its host says that it listens no more',
    settle: 25,
  },
  {
    name: 'port filtered (DROP)',
    fault: async site => void site.firewall('a2', '-A', 'DROP'),
    expect: [lost('timeout')],
    knowable: 6,
    because: 'a probe waits 2 s for an answer, and one 4 s later must fail as well',
    recover: async site => site.firewall('a2', '-D', 'DROP'),
  },
  {
    name: 'port rejected (REJECT, tcp-reset)',
    fault: async site => void site.firewall('a2', '-A', 'REJECT', '--reject-with', 'tcp-reset'),
    expect: [lost('reset')],
    knowable: 0,
    because: 'the connection breaks at once',
    recover: async site => site.firewall('a2', '-D', 'REJECT', '--reject-with', 'tcp-reset'),
  },
  {
    name: 'agent never started',
    begin: async site => {
      for (const agent of ['a1', 'a2'] as const) site.startAgent(agent);
    },
    fault: async site => void site.startController(600, { giveUp: 2 }),
    expect: [{ kind: 'agent-not-ready', subjects: ['a3'], cause: 'refused' }],
    knowable: 0,
    because: 'the controller is refused at once',
    recover: async site => {
      site.startAgent('a3');
      await site.until('a3 listens', 30, () => site.log('a3').includes('agent listening'));
      await site.exited('controller');
      site.startController(600);
    },
  },
  {
    name: 'port taken',
    begin: async site => {
      for (const agent of ['a1', 'a2'] as const) site.startAgent(agent);
      site.startOther('squatter', 'a3', [
        process.execPath,
        '-e',
        `require('net').createServer(() => {}).listen(${PORT}, '0.0.0.0')`,
      ]);
    },
    fault: async site => {
      site.startAgent('a3');
      await site.until('a3 says that its port is taken', 20, () => site.log('a3').includes('EADDRINUSE'));
      return undefined;
    },
    expect: [{ kind: 'port-conflict', subjects: ['a3'], cause: 'port-taken' }],
    knowable: 0,
    because: 'the agent says so itself',
    recover: async site => {
      await site.stop('squatter');
      site.startAgent('a3');
    },
  },
  {
    name: 'disk full',
    runSeconds: 45,
    begin: async site => {
      site.startAgent('a1');
      site.startAgent('a2');
      site.startAgent('a3', path.join(site.disks.small('a3', '6m'), 'work'));
      await site.agentsListen();
      site.startController(45);
    },
    fault: async site => {
      await site.until('a3 can not write', 30, () => site.log('a3').includes('write failed (5'));
      return undefined;
    },
    expect: [{ kind: 'workload-failing', subjects: ['a3'], cause: 'disk-full' }],
    knowable: 0,
    because: 'five writes have failed by the agent’s own words',
    // the run's end is the recovery
    recover: async site => site.exited('controller'),
  },
  {
    name: 'all agents cut off',
    fault: async site => void setCables(site, 'down', AGENTS),
    expect: [lost('partition', [...AGENTS])],
    knowable: TIMES.late,
    because: `heartbeats are late after silence.late (${TIMES.late} s)`,
    recover: async site => setCables(site, 'up', AGENTS),
  },
  {
    name: 'collector killed (kill -9)',
    fault: async site => void (await site.stop('collector a2', 'SIGKILL')),
    expect: [{ kind: 'collector-lost', subjects: A2, cause: 'unknown' }],
    knowable: TIMES.late,
    because: `a heartbeat is late after silence.late (${TIMES.late} s)`,
    recover: async site => site.startCollector('a2'),
  },
  {
    name: 'controller killed (kill -9)',
    fault: async site => void (await site.stop('controller', 'SIGKILL')),
    expect: [{ kind: 'controller-lost', subjects: ['controller'], cause: 'crashed' }],
    knowable: 0,
    because: 'the agents lose it at once',
    recover: async site => site.startController(600),
  },
  {
    name: 'ingester killed and back after 20 s',
    fault: async site => {
      await site.stop('service', 'SIGKILL');
      await new Promise(resolve => setTimeout(resolve, 20_000));
      await site.startService();
      return undefined;
    },
    expect: [],
    knowable: 0,
    because: 'nobody looked, so no silence counts',
    settle: 25,
  },
  {
    name: 'agent killed while the ingester is down',
    fault: async site => {
      await site.stop('service', 'SIGKILL');
      await site.stop('a2', 'SIGKILL');
      await new Promise(resolve => setTimeout(resolve, 8000));
      await site.startService();
      return Date.now();
    },
    expect: [lost('crashed')],
    knowable: 0,
    because: 'counted from when the ingester is back',
    recover: async site => site.startAgent('a2'),
  },
];
