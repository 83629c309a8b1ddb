/**
 * The program events that rule packs speak in and incidents are worked out from. A pack maps a program's phrases to
 * these; the incident engine knows no program. In brackets: the named groups a rule gives with the event.
 */
export const PROGRAM_EVENTS = [
  // a run, as its controller tells it
  'run.started', // [config, agents (count)]
  'run.described', // [config or agents (count)] particulars on lines of their own
  'run.completed', // ended well
  'run.failed', // ended badly [reason]
  'run.interrupted', // by a person (Ctrl-C)
  'run.waiting', // for agents [ready, total, remaining]
  'run.ready', // [total] every agent is there
  'run.startup-timeout', // [seconds]
  'run.workload-started',
  // what the controller says of an agent
  'agent.address', // [agent, address] which name stands for which address
  'agent.answered', // [agent] is there and ready
  'agent.failed', // [agent, reason] the controller gave it up
  'agent.stream-error', // [agent, reason] its connection broke
  'agent.connect-failed', // [agent or address, reason]
  'agent.abort-unreachable', // [address] could not be told to stop: answers, but nobody listens
  'agent.late', // [agent, seconds] no updates for a while
  'agent.stalled', // [agent, seconds] no updates for so long that the controller counts it as gone
  'agent.recovered', // [agent] is back
  'agent.alive', // [agent or address] a periodic sign of life
  'agent.clock-offset', // [agent, milliseconds]
  'agent.rejected', // [agent, reason] refused the configuration or start
  'controller.aborting', // tells the agents to stop
  'controller.gave-up', // its final error [agent, reason]
  // what an agent says of itself
  'process.started', // [address, port]
  'process.port-taken', // [address, port]
  'process.failed', // exits with an error [reason]
  'process.panicked', // [reason]
  'process.stopping', // orderly
  'agent.named', // [agent] how its controller calls it
  'agent.idle',
  'agent.joined', // took the controller's request: a run begins for it
  'agent.ready',
  'agent.started', // works: a phase of the workload [seconds] announced duration, where it is known
  'agent.start-failed', // could not begin what it was told to [reason]
  'agent.phase-ended', // the phase that was announced is over, the agent's part may go on
  'agent.completed', // its part ended well
  'agent.errors', // operations fail [total, reason] but it goes on
  'agent.detail', // [reason] says more about the error on the line above
  'agent.workload-failed', // [reason]; [agent] when its controller says so
  'agent.aborted', // because it was told to
  'agent.start-overdue', // still waiting for the start [seconds]
  // what an agent says of its controller
  'controller.lost', // while working
  'controller.stream-error', // the connection ended badly; what that means depends on what the agent was doing
  'controller.disconnected', // when there was nothing left to do: a normal end
  'controller.goodbye',
  'controller.silent', // no word from it for [seconds]
] as const;

export type ProgramEvent = (typeof PROGRAM_EVENTS)[number];
