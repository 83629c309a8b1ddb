// A small distributed test program for the fault tests: a controller that keeps connections to its agents, and agents that work.
// It prints what such programs print, in words that only test/suites/faults/pack.yaml knows.
//
//   node program.js agent --port 7761 [--work FILE] [--idle|--mute] [--deaf] [--stage SECONDS] [--announce SECONDS --part SECONDS] [--talk]
//   node program.js controller --agents a1=10.88.1.2:7761,a2=… --seconds 60 [--give-up SECONDS]
//
// With --give-up the run ends so long after the first loss or failed start, and the others are told to stop. An --idle agent can not begin its work, a --mute one
// does not say so. With --stage its part has an end, and it waits for the others there; with --part it
// ends, whatever was announced with --announce; with --talk it tells of its work each second. After SIGUSR2 it listens no more. It works
// for one controller at a time: another is refused, or left without an answer where it is --deaf.
import { appendFileSync } from 'node:fs';
import net from 'node:net';
import { parseArgs } from 'node:util';

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    port: { type: 'string', default: '7761' },
    work: { type: 'string' },
    agents: { type: 'string' },
    seconds: { type: 'string', default: '60' },
    'give-up': { type: 'string' },
    idle: { type: 'boolean', default: false },
    mute: { type: 'boolean', default: false },
    deaf: { type: 'boolean', default: false },
    stage: { type: 'string' },
    announce: { type: 'string' },
    part: { type: 'string' },
    talk: { type: 'boolean', default: false },
  },
});

/** The controller gives an agent up when it has said nothing for so long. */
const ANSWER_LIMIT_MS = 6000;
const START_LIMIT_MS = 8000;

// a disk that takes no more of the log ends no program
process.stdout.on('error', () => {});

function say(level: 'INFO' | 'WARN' | 'ERROR', text: string): void {
  process.stdout.write(`${new Date().toISOString()} ${level.padStart(5)} ${text}\n`);
}

function agent(): void {
  const port = Number(values.port);
  let failures = 0;
  let busy: net.Socket | undefined;
  const server = net.createServer(socket => {
    let joined = false;
    let finished = false;
    let broken = false;
    let talk: NodeJS.Timeout | undefined;
    let stage: NodeJS.Timeout | undefined;
    let part: NodeJS.Timeout | undefined;
    const work = setInterval(() => {
      if (values.work === undefined || !joined || finished) return;
      try {
        appendFileSync(values.work, Buffer.alloc(256 * 1024));
      } catch (thrown) {
        failures += 1;
        say('WARN', `write failed (${failures} so far): ${(thrown as Error).message}`);
        if (failures === 5) say('ERROR', `giving up my part: ${(thrown as NodeJS.ErrnoException).code}`);
      }
    }, 250);
    socket.on('data', bytes => {
      const text = bytes.toString();
      // a probe connects and says nothing
      if (busy && busy !== socket) {
        if (!values.deaf) socket.write('busy\n');
        return;
      }
      if (!joined) {
        joined = true;
        busy = socket;
        if (values.talk) talk = setInterval(() => say('INFO', 'still at it'), 1000);
        if (values.stage !== undefined)
          stage = setTimeout(
            () => say('INFO', 'stage done, waiting for the others'),
            Number(values.stage) * 1000,
          );
        if (values.part !== undefined)
          part = setTimeout(() => {
            finished = true;
            say('INFO', 'my part is complete');
          }, Number(values.part) * 1000);
        say('INFO', `joined the run of ${socket.remoteAddress}`);
        if (values.idle) say('ERROR', 'can not begin the work: state is idle');
        else if (values.announce !== undefined) say('INFO', `working for ${values.announce} s`);
        else if (!values.mute) say('INFO', 'working');
      }
      if (text.includes('ping')) socket.write('pong\n');
      if (text.includes('stop') && !finished) {
        finished = true;
        say('WARN', 'told to stop');
      }
      if (text.includes('done') && !finished) {
        finished = true;
        say('INFO', 'my part is complete');
      }
    });
    const broke = (reason: string): void => {
      if (joined && !finished && !broken) say('WARN', `the controller's connection broke: ${reason}`);
      broken = true;
    };
    socket.on('error', error => broke(error.message));
    socket.on('close', () => {
      clearInterval(work);
      clearInterval(talk);
      clearTimeout(stage);
      clearTimeout(part);
      if (busy === socket) busy = undefined;
      if (finished) say('INFO', 'controller left after the run');
      else broke('closed by the controller');
    });
  });
  server.on('error', (error: NodeJS.ErrnoException) => {
    say('ERROR', `cannot listen on port ${port}: ${error.message}`);
    process.exit(1);
  });
  server.listen(port, '0.0.0.0', () => say('INFO', `agent listening on 0.0.0.0:${port}`));
  // it works on for the controller it has
  process.on('SIGUSR2', () => {
    server.close();
    say('INFO', 'no more connections are taken');
  });
  process.on('SIGTERM', () => {
    say('INFO', 'agent stopping on request');
    process.exit(0);
  });
}

function controller(): void {
  const agents = values.agents!.split(',').map(word => {
    const [name, address] = word.split('=') as [string, string];
    const [host, port] = address.split(':') as [string, string];
    return { name, address, host, port: Number(port), ready: false, gone: false, heard: Date.now() };
  });
  say('INFO', `run begins with ${agents.length} agents`);
  for (const agent of agents) say('INFO', `agent ${agent.name} is at ${agent.address}`);
  for (const agent of agents) {
    const socket = net.connect(agent.port, agent.host);
    const lost = (reason: string): void => {
      if (agent.gone || ending) return;
      agent.gone = true;
      if (values['give-up'] !== undefined) setTimeout(() => end('stop'), Number(values['give-up']) * 1000);
      if (agent.ready) say('ERROR', `lost agent ${agent.name}: ${reason}`);
      else say('ERROR', `agent ${agent.name} did not start: ${reason}`);
      socket.destroy();
    };
    socket.on('connect', () => socket.write('ping\n'));
    socket.on('data', bytes => {
      if (bytes.toString().includes('busy')) {
        agent.gone = true;
        say('ERROR', `agent ${agent.name} refused: busy with another run`);
        setTimeout(() => end('stop'), Number(values['give-up'] ?? 0) * 1000);
        return;
      }
      agent.heard = Date.now();
      if (agent.ready) return;
      agent.ready = true;
      say('INFO', `agent ${agent.name} answered`);
      if (agents.every(one => one.ready)) say('INFO', 'all agents answered, workload begins');
    });
    socket.on('error', error => lost(error.message));
    socket.on('close', () => lost('connection closed by the agent'));
    setInterval(() => {
      if (agent.gone) return;
      socket.write('ping\n');
      const quiet = Date.now() - agent.heard;
      if (quiet > (agent.ready ? ANSWER_LIMIT_MS : START_LIMIT_MS))
        lost(`no answer for ${(quiet / 1000).toFixed(1)} s`);
    }, 1000);
    endings.push(word => socket.write(`${word}\n`, () => socket.end()));
  }
  for (const signal of ['SIGINT', 'SIGHUP'] as const)
    process.on(signal, () => {
      say('WARN', `interrupted by ${signal}, stopping all agents`);
      end('stop');
    });
  const end = (word: 'done' | 'stop'): void => {
    if (ending) return;
    const lostOnes = agents.filter(agent => agent.gone);
    ending = true;
    if (word === 'stop') say('WARN', 'stopping all agents');
    for (const tell of endings) tell(word);
    if (lostOnes.length > 0)
      say('ERROR', `run failed: ${lostOnes.length} of ${agents.length} agents were lost`);
    else if (word === 'done') say('INFO', 'run complete');
    setTimeout(() => process.exit(lostOnes.length > 0 ? 1 : 0), 500);
  };
  setTimeout(() => end('done'), Number(values.seconds) * 1000);
}

let ending = false;
const endings: ((word: 'done' | 'stop') => void)[] = [];
if (positionals[0] === 'agent') agent();
else controller();
