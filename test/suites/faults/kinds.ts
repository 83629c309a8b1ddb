import type { Scenario } from './scenarios.js';
import { AGENTS, type AgentName, type Site, TIMES } from './site.js';
import { atWork, piped, started, told } from './stories.js';

/** Agents whose part takes so many seconds each; they wait for the slowest. */
async function stages(site: Site, seconds: Record<AgentName, number>): Promise<void> {
  for (const agent of AGENTS) site.startAgent(agent, undefined, { stage: seconds[agent] });
  await site.agentsListen();
}

/** The run is begun while all collectors follow; @returns when the siblings waited. */
async function barrierReached(site: Site, siblings: readonly AgentName[]): Promise<number> {
  site.startController(600);
  await site.until('the siblings wait', 30, () =>
    siblings.every(agent => site.log(agent).includes('stage done')),
  );
  return Date.now();
}

/** Agents whose work takes so many seconds each, whatever was announced. */
async function parts(site: Site, seconds: Record<AgentName, number>, announced?: number): Promise<void> {
  for (const agent of AGENTS)
    site.startAgent(agent, undefined, {
      part: { takes: seconds[agent], ...(announced === undefined ? {} : { announced }) },
    });
  await site.agentsListen();
}

async function partsDone(site: Site, siblings: readonly AgentName[]): Promise<number> {
  site.startController(600);
  await site.until('the siblings are done', 40, () =>
    siblings.every(agent => site.log(agent).includes('my part is complete')),
  );
  return Date.now();
}

/** A second run is begun while all agents are at work for the first; @returns when its controller gave up. */
async function secondController(site: Site, words: string): Promise<number> {
  site.startController(600, { name: 'controller2', giveUp: 1 });
  await site.until('the second controller gives up', 30, () => site.log('controller2').includes(words));
  return Date.now();
}

/** What a watcher of heartbeats, probes and lines must put together right: silence, barriers, rivals, and when it is told. */
export const KINDS: Scenario[] = [
  {
    name: 'tee killed, the program lives',
    kind: 'K3',
    begin: piped,
    fault: async site => {
      // of a log whose writer was never seen, nobody can say that the writer is gone
      await site.until('its tee has been seen', 60, () => site.hasWitnessed('a2', 'tee'));
      const at = Date.now();
      site.signalPiped('a2', 'tee', 'SIGKILL');
      return at;
    },
    expect: [told('log-gap', ['a2'], null)],
    knowable: TIMES.heartbeat + 2,
    because: 'the heartbeat says that nobody holds the log while the port listens',
    says: [/still listens on its port/],
    settle: 10,
  },
  {
    name: 'what the collector sends is swallowed',
    kind: 'K3',
    begin: started,
    fault: async site => void site.swallowLarge('a2', 200),
    expect: [told('collector-lost', ['a2'], 'unknown')],
    knowable: 1.5 * TIMES.late,
    because: 'no heartbeat arrives, the port answers',
    says: [/collector died, or what it sends does not arrive/],
    settle: 20,
  },
  {
    name: 'all wait for one',
    kind: 'K6',
    begin: site => stages(site, { a1: 2, a2: 600, a3: 3 }),
    fault: site => barrierReached(site, ['a1', 'a3']),
    expect: [told('agent-stalled', ['a2'], null)],
    knowable: 30,
    because: 'siblings waited for 30 s',
    says: [/All wait for a2/],
    settle: 10,
  },
  {
    name: 'all wait for one that comes in the end',
    kind: 'K6',
    begin: site => stages(site, { a1: 2, a2: 3, a3: 60 }),
    fault: site => barrierReached(site, ['a1', 'a2']),
    expect: [told('agent-stalled', ['a3'], null)],
    knowable: 30,
    because: 'siblings waited for 30 s',
    recoverAfter: 57,
    recover: async () => {},
    says: [/All wait(ed)? for a3/],
    settle: 10,
  },
  {
    name: 'one ends long after its siblings',
    kind: 'K9',
    begin: site => parts(site, { a1: 8, a2: 8, a3: 50 }, 8),
    fault: site => partsDone(site, ['a1', 'a2']),
    expect: [told('overdue', ['a3'], null)],
    knowable: 10,
    because: 'it may take so long to come to an end',
    recoverAfter: 45,
    recover: async () => {},
    says: [/a3 ended .* late/],
    settle: 10,
  },
  {
    name: 'one ends long after its siblings, who announced no end',
    kind: 'K9',
    begin: site => parts(site, { a1: 8, a2: 9, a3: 600 }),
    fault: site => partsDone(site, ['a1', 'a2']),
    expect: [told('overdue', ['a3'], null)],
    knowable: 60,
    because: 'a minute, or twice what its siblings took',
    says: [/a3 is still at work/],
    settle: 5,
  },
  {
    name: 'a log whose disk is full',
    kind: 'K7',
    begin: async site => {
      site.disks.smallForLogs('a3');
      for (const agent of AGENTS) site.startAgent(agent, undefined, { talk: true });
      await site.agentsListen();
    },
    fault: async site => {
      site.disks.fillLogs('a3');
      site.startController(600);
      return undefined;
    },
    expect: [told('log-gap', ['a3'], 'disk-full')],
    knowable: 34,
    because: 'siblings have written for 30 s',
    says: [/stands still.*disk of its log directory/],
    settle: 10,
  },
  {
    name: 'two controllers, the second is refused',
    kind: 'K10',
    begin: started,
    fault: site => secondController(site, 'refused: busy'),
    expect: [told('agent-not-ready', [...AGENTS], 'busy')],
    knowable: 1,
    because: 'the controller says whom it could not have',
    says: [/busy with the run of/],
    settle: 15,
  },
  {
    name: 'two controllers, the second gets no answer',
    kind: 'K10',
    begin: async site => {
      for (const agent of AGENTS) site.startAgent(agent, undefined, { deaf: true });
      await atWork(site);
    },
    fault: site => secondController(site, 'a3 did not start'),
    expect: [told('agent-not-ready', [...AGENTS], 'busy')],
    knowable: 1,
    because: 'the controller says whom it could not have, and the agents are at work elsewhere',
    says: [/busy with the run of/],
    settle: 15,
  },
  {
    name: 'a graver fault within the interval',
    kind: 'K11',
    group: { by: ['run'], wait: '1s', interval: '60s' },
    begin: async site => {
      site.startAgent('a1');
      site.startAgent('a2');
      site.startAgent('a3', undefined, { log: '../elsewhere.log' });
      await site.agentsListen(['a1', 'a2']);
      site.startController(600);
    },
    fault: async site => {
      await site.until('the member without a log is told', 60, () =>
        site.alerts.some(({ incidents }) => incidents.some(({ kind }) => kind === 'log-gap')),
      );
      const at = Date.now();
      await site.stop('a2', 'SIGKILL');
      return at;
    },
    expect: [told('agent-lost', ['a2'], 'crashed'), told('log-gap', ['a3'], null)],
    knowable: 0,
    because: 'a graver fault does not wait for the interval',
    titles: [/a2/],
    settle: 5,
  },
  {
    name: 'over before it could be told',
    kind: 'K11',
    group: { by: ['incident'], wait: '20s', interval: '0s' },
    begin: started,
    fault: async site => {
      site.signal('collector a2', 'SIGSTOP');
      await site.until('the incident is open', 30, async () => (await site.incidents()).length > 0);
      site.signal('collector a2', 'SIGCONT');
      return undefined;
    },
    expect: [told('collector-lost', ['a2'], 'unknown')],
    knowable: 20,
    because: 'messages wait that long',
    momentary: true,
    titles: [/^\[RESOLVED\] a2 sent no logs for a while/],
    neverTitled: [/^\[NEW\]/],
    settle: 10,
  },
];
