import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { constants, gunzipSync } from 'node:zlib';
import { stringify } from 'yaml';
import { type AgentOptions, agentArguments } from './agent-options.js';
import { TestDisks } from './disks.js';
import { TestNetwork } from './network.js';

export const AGENTS = ['a1', 'a2', 'a3'] as const;
export type AgentName = (typeof AGENTS)[number];
export type HostName = AgentName | 'ctl';

/** Settings of a site, in seconds: short, so that a scenario ends within a minute. */
export const TIMES = { heartbeat: 2, late: 8, silent: 15, frozen: 4 };
export const PORT = 7761;
/** So long processes may take to come up where many are started at once, s. */
const START_LIMIT = 150;
const WITNESS_PORT = 9099;
const TOKEN = 'fault-tests';
const ROOT = path.resolve(import.meta.dirname, '../../../..');
const CLI = path.join(ROOT, 'dist/src/cli/main.js');
const PROGRAM = path.join(ROOT, 'dist/test/suites/faults/program.js');
const WITNESS = path.join(ROOT, 'dist/test/suites/faults/witness.js');

export interface ToldIncident {
  id: string;
  kind: string;
  subjects: string[];
  cause?: string;
  explanation: string;
  change: string;
}

export interface ControllerOptions {
  giveUp?: number;
  /** Of agents that the controller knows by another address. */
  addresses?: Partial<Record<AgentName, string>>;
  name?: string;
}

export interface Alert {
  at: number;
  title: string;
  incidents: ToldIncident[];
}

export interface SiteOptions {
  /** How messages are grouped and how long they wait; default: each incident at once. */
  group?: object | undefined;
  /** Nothing is configured of the agents: where they listen is learnt from heartbeats. */
  learns?: boolean | undefined;
}

/**
 * One controller's host and three agents' hosts, each with a collector, the service on the controller's. Everything it starts
 * it ends by itself, and its namespaces go even where a start fails.
 */
export class Site {
  readonly alerts: Alert[] = [];
  readonly problems: string[] = [];
  private readonly network: TestNetwork;
  private readonly children = new Map<string, ChildProcess>();
  private readonly replies = new Map<number, (reply: { status: number; reply: unknown }) => void>();
  readonly disks: TestDisks;
  private group: object = {};
  private learns = false;
  private asked = 0;
  private closing = false;

  /** @param number distinguishes sites that exist at the same time */
  constructor(
    readonly folder: string,
    readonly number: number,
  ) {
    this.disks = new TestDisks(folder);
    this.network = new TestNetwork(
      `d${(process.pid % 46_656).toString(36)}${number.toString(36)}`,
      `10.88.${number}`,
    );
  }

  /** Hosts, service and witness; nothing of the program under test yet. */
  async open({
    group = { by: ['incident'], wait: '0s', interval: '0s' },
    learns = false,
  }: SiteOptions = {}): Promise<void> {
    this.group = group;
    this.learns = learns;
    OPEN.add(this);
    for (const host of ['ctl', ...AGENTS] as const) {
      this.network.addHost(host);
      fs.mkdirSync(this.logs(host), { recursive: true });
    }
    await this.startWitness();
    await this.startService();
  }

  logs(host: HostName): string {
    return path.join(this.folder, host, 'logs');
  }

  /** What a log holds so far. */
  log(name: AgentName | 'controller' | 'controller2'): string {
    const file = path.join(
      this.logs(name.startsWith('controller') ? 'ctl' : (name as AgentName)),
      `${name}.log`,
    );
    return fs.existsSync(file) ? fs.readFileSync(file, 'utf8') : '';
  }

  async startService(): Promise<void> {
    const settings = this.settings('service.yaml', {
      data: path.join(this.folder, 'data'),
      server: { listen: '0.0.0.0', port: 7707 },
      log: { format: 'json' },
      ingest: { heartbeatSeconds: TIMES.heartbeat },
      silence: { late: `${TIMES.late}s`, after: `${TIMES.silent}s`, frozen: `${TIMES.frozen}s` },
      detect: { packs: [path.join(ROOT, 'test/suites/faults/pack.yaml')] },
      agents: this.learns ? [] : AGENTS.map(id => ({ id, address: `${this.network.address(id)}:${PORT}` })),
      alerts: {
        channels: [{ name: 'witness', kind: 'webhook', url: `http://127.0.0.1:${WITNESS_PORT}/alerts` }],
        group: this.group,
        coolDown: '0s',
      },
    });
    this.start('service', 'ctl', [process.execPath, CLI, 'serve', '--config', settings]);
    await this.until('the service answers', 90, async () => (await this.ask('/v1/incidents')).status === 200);
  }

  startCollector(host: HostName): void {
    const settings = this.settings(`collect-${host}.yaml`, {
      log: { format: 'json' },
      collect: {
        watch: [this.logs(host)],
        // hosts of a real site do not share two cores
        limits: { nice: 0 },
        host,
        to: `http://${host === 'ctl' ? '127.0.0.1' : this.network.address('ctl')}:7707`,
        heartbeat: { ports: host === 'ctl' || this.learns ? [] : [PORT] },
      },
    });
    this.start(`collector ${host}`, host, [process.execPath, CLI, 'collect', '--config', settings]);
  }

  agentsListen(agents: readonly AgentName[] = AGENTS): Promise<void> {
    return this.until('the agents listen', START_LIMIT, () =>
      agents.every(agent => this.log(agent).includes('agent listening')),
    );
  }

  collectorsFollow(): Promise<void> {
    return this.until('all collectors follow', START_LIMIT, () =>
      (['ctl', ...AGENTS] as const).every(host => this.isFollowing(host)),
    );
  }

  workloadBegins(): Promise<void> {
    return this.until('the workload begins', START_LIMIT, () =>
      this.log('controller').includes('workload begins'),
    );
  }

  /** The host's collector has been told its positions, so it reads and beats. */
  private isFollowing(host: HostName): boolean {
    return fs
      .readFileSync(path.join(this.folder, `collector-${host}.err`), 'utf8')
      .includes('collector.following');
  }

  /** @param work a file the agent writes its work to */
  startAgent(agent: AgentName, work?: string, options: AgentOptions = {}): void {
    const extra = [...(work === undefined ? [] : ['--work', work]), ...agentArguments(options)];
    this.start(
      agent,
      agent,
      [process.execPath, PROGRAM, 'agent', '--port', String(PORT), ...extra],
      path.join(this.logs(agent), options.log ?? `${agent}.log`),
    );
  }

  /** The same as people start it: `program 2>&1 | tee LOG`, whose log is written by another process. */
  startPiped(agent: AgentName): void {
    const log = path.join(this.logs(agent), `${agent}.log`);
    const program = `${process.execPath} ${PROGRAM} agent --port ${PORT}`;
    this.start(agent, agent, ['sh', '-c', `${program} 2>&1 | tee ${log}`]);
  }

  /** Sends a signal to the program behind the pipe, or to its tee. */
  signalPiped(agent: AgentName, which: 'program' | 'tee', signal: NodeJS.Signals): void {
    const isIt = (command: string) =>
      which === 'tee'
        ? command.startsWith('tee\0')
        : command.includes(PROGRAM) && !command.startsWith('sh\0');
    for (const pid of this.network.processes(agent)) {
      const command = fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8');
      if (isIt(command)) process.kill(pid, signal);
    }
  }

  /** @param giveUp seconds after the first loss at which the controller ends the run */
  startController(
    seconds: number,
    { giveUp, addresses = {}, name = 'controller' }: ControllerOptions = {},
  ): void {
    const agents = AGENTS.map(
      agent => `${agent}=${addresses[agent] ?? `${this.network.address(agent)}:${PORT}`}`,
    ).join();
    const extra = giveUp === undefined ? [] : ['--give-up', String(giveUp)];
    this.start(
      name,
      'ctl',
      [process.execPath, PROGRAM, 'controller', '--agents', agents, '--seconds', String(seconds), ...extra],
      path.join(this.logs('ctl'), `${name}.log`),
    );
  }

  /** Any other program on a host. */
  startOther(name: string, host: HostName, command: string[]): void {
    this.start(name, host, command);
  }

  signal(name: string, signal: NodeJS.Signals): void {
    this.child(name).kill(signal);
  }

  /** Ends a program in its own way and waits for it. */
  async stop(name: string, signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    const child = this.child(name);
    this.children.delete(name);
    if (child.exitCode !== null || child.signalCode !== null) return;
    const gone = once(child, 'exit');
    child.kill(signal);
    await gone;
  }

  async exited(name: string): Promise<void> {
    const child = this.child(name);
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    this.children.delete(name);
  }

  /** Of what the host sends, packets of more bytes than that are swallowed on the way: a path with a smaller MTU, a lossy link. */
  swallowLarge(host: AgentName, bytes: number): void {
    const rule = `-A OUTPUT -p tcp -m length --length ${bytes}:65535 -j DROP`;
    this.network.on(host, 'iptables', ...rule.split(' '));
  }

  /** Whether a collector has told of a process by that name; the service's journal is some seconds behind. */
  hasWitnessed(host: HostName, program: string): boolean {
    const folder = path.join(this.folder, 'data', 'witnesses');
    if (!fs.existsSync(folder)) return false;
    return fs.readdirSync(folder).some(name =>
      gunzipSync(fs.readFileSync(path.join(folder, name)), { finishFlush: constants.Z_SYNC_FLUSH })
        .toString()
        .split('\n')
        .some(line => line.includes(`"host":"${host}"`) && line.includes(`"name":"${program}"`)),
    );
  }

  /** Everything that was stored and witnessed, as one capsule. */
  keepCapsule(file: string): void {
    this.network.on(
      'ctl',
      'env',
      `DEADAIR_TOKEN=${TOKEN}`,
      process.execPath,
      CLI,
      'export',
      '--last',
      '30m',
      '--force',
      '--output',
      file,
    );
  }

  cable(host: AgentName, state: 'up' | 'down'): void {
    this.network.cable(host, state);
  }

  /** Adds (`-A`) or takes away (`-D`) a rule of an agent's firewall on its port. */
  firewall(host: AgentName, change: '-A' | '-D', ...target: string[]): void {
    this.network.on(host, 'iptables', change, 'INPUT', '-p', 'tcp', '--dport', String(PORT), '-j', ...target);
  }

  async incidents(): Promise<ToldIncident[]> {
    const { status, reply } = await this.ask('/v1/incidents');
    if (status !== 200) throw new Error(`/v1/incidents answers ${status}: ${JSON.stringify(reply)}`);
    return (reply as { incidents: ToldIncident[] }).incidents;
  }

  /** @throws when it is not so within the seconds */
  async until(what: string, seconds: number, isSo: () => boolean | Promise<boolean>): Promise<void> {
    const end = performance.now() + seconds * 1000;
    while (!(await isSo())) {
      if (performance.now() > end) throw new Error(`not so within ${seconds} s: ${what}`);
      await new Promise(resolve => setTimeout(resolve, 200));
    }
  }

  async close(): Promise<void> {
    if (this.closing) return;
    this.closing = true;
    OPEN.delete(this);
    this.disks.thaw();
    for (const child of this.children.values()) child.kill('SIGCONT');
    await Promise.allSettled([...this.children.keys()].map(name => this.stop(name, 'SIGKILL')));
    this.disks.remove();
    this.network.remove();
  }

  private async ask(question: string): Promise<{ status: number; reply: unknown }> {
    const id = this.asked++;
    const answer = new Promise<{ status: number; reply: unknown }>(resolve => this.replies.set(id, resolve));
    this.child('witness').stdin?.write(`${JSON.stringify({ id, path: question })}\n`);
    return answer;
  }

  private async startWitness(): Promise<void> {
    const child = this.start('witness', 'ctl', [process.execPath, WITNESS, String(WITNESS_PORT)]);
    if (!child.stdout) throw new Error('the witness has no output');
    let ready = (): void => {};
    const listening = new Promise<void>(resolve => {
      ready = resolve;
    });
    createInterface({ input: child.stdout }).on('line', line => {
      const told = JSON.parse(line);
      if (told.listening) ready();
      else if (told.alert)
        this.alerts.push({ at: told.at, title: told.alert.title, incidents: told.alert.incidents });
      else {
        this.replies.get(told.id)?.(told);
        this.replies.delete(told.id);
      }
    });
    await listening;
  }

  private settings(name: string, content: object): string {
    const file = path.join(this.folder, name);
    fs.writeFileSync(file, stringify(content));
    return file;
  }

  private start(name: string, host: HostName, command: string[], log?: string): ChildProcess {
    const errors = fs.openSync(path.join(this.folder, `${name.replaceAll(' ', '-')}.err`), 'a');
    const output = log === undefined ? undefined : fs.openSync(log, 'a');
    const child = this.network.spawn(host, command, {
      stdio: [
        name === 'witness' ? 'pipe' : 'ignore',
        output ?? (name === 'witness' ? 'pipe' : errors),
        output ?? errors,
      ],
      env: { ...process.env, DEADAIR_TOKEN: TOKEN, NO_COLOR: '1' },
    });
    fs.closeSync(errors);
    if (output !== undefined) fs.closeSync(output);
    child.on('error', error => this.problems.push(`${name}: ${error.message}`));
    child.on('exit', (code, signal) => {
      if (
        !this.closing &&
        this.children.get(name) === child &&
        code !== 0 &&
        signal === null &&
        !FAILING.has(name)
      )
        this.problems.push(`${name} ended with ${code}`);
    });
    this.children.set(name, child);
    return child;
  }

  private child(name: string): ChildProcess {
    const child = this.children.get(name);
    if (!child) throw new Error(`${name} does not run`);
    return child;
  }
}

const OPEN = new Set<Site>();
/** What a scenario makes end with an error: an agent whose port is taken, a controller whose run failed. */
const FAILING = new Set(['a3', 'controller', 'controller2']);

/** Ends every site there is, for a test that is stopped from outside. */
export async function closeAll(): Promise<void> {
  await Promise.allSettled([...OPEN].map(site => site.close()));
}
