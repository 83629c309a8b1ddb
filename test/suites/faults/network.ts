import { type ChildProcess, execFileSync, type SpawnOptions, spawn } from 'node:child_process';

/**
 * Hosts on one machine: a network namespace for each, joined by veth pairs to a bridge in a namespace of its own
 * (the switch). Nothing touches the machine's own interfaces. Needs root, iproute2 and iptables.
 */
export class TestNetwork {
  private readonly hosts = new Map<string, { namespace: string; address: string; cable: string }>();
  private readonly switch: string;

  constructor(
    /** At most 6 characters: interface names end at 15. */
    private readonly name: string,
    /** First three numbers of the addresses, such as `10.88.1`. */
    private readonly subnet: string,
  ) {
    this.switch = `${name}-sw`;
    ip('netns', 'add', this.switch);
    this.inSwitch('ip', 'link', 'add', 'br0', 'type', 'bridge');
    this.inSwitch('ip', 'link', 'set', 'br0', 'up');
  }

  /** Why these tests can't run here, or undefined. */
  static unavailable(): string | undefined {
    if (process.getuid?.() !== 0) return 'network namespaces need root';
    for (const program of ['ip', 'iptables']) {
      try {
        execFileSync('sh', ['-c', `command -v ${program}`], { stdio: 'ignore' });
      } catch {
        return `${program} is not installed`;
      }
    }
    try {
      const name = `deadair-probe-${process.pid}`;
      execFileSync('ip', ['netns', 'add', name], { stdio: 'ignore' });
      execFileSync('ip', ['netns', 'exec', name, 'iptables', '-S'], { stdio: 'ignore' });
      execFileSync('ip', ['netns', 'del', name], { stdio: 'ignore' });
      return undefined;
    } catch {
      return 'network namespaces with a firewall of their own can not be made here';
    }
  }

  addHost(host: string): string {
    const number = this.hosts.size + 1;
    const namespace = `${this.name}-${host}`;
    const address = `${this.subnet}.${number}`;
    const cable = `c${number}`;
    const plug = `${this.name}p${number}`;
    ip('netns', 'add', namespace);
    ip('link', 'add', plug, 'type', 'veth', 'peer', 'name', cable, 'netns', this.switch);
    ip('link', 'set', plug, 'netns', namespace, 'name', 'eth0');
    this.inSwitch('ip', 'link', 'set', cable, 'master', 'br0');
    this.inSwitch('ip', 'link', 'set', cable, 'up');
    this.hosts.set(host, { namespace, address, cable });
    this.on(host, 'ip', 'link', 'set', 'lo', 'up');
    this.on(host, 'ip', 'address', 'add', `${address}/24`, 'dev', 'eth0');
    this.on(host, 'ip', 'link', 'set', 'eth0', 'up');
    return address;
  }

  address(host: string): string {
    return this.host(host).address;
  }

  /** Pulls or plugs a host's cable at the switch: the host itself sees its link stay up, as with a broken uplink. */
  cable(host: string, state: 'up' | 'down'): void {
    this.inSwitch('ip', 'link', 'set', this.host(host).cable, state);
  }

  /** Runs a command on a host and waits for it. */
  on(host: string, ...command: string[]): void {
    ip('netns', 'exec', this.host(host).namespace, ...command);
  }

  /** Starts a program on a host. `ip netns exec` becomes the program, so its pid is the program's. */
  spawn(host: string, command: string[], options: SpawnOptions = {}): ChildProcess {
    return spawn('ip', ['netns', 'exec', this.host(host).namespace, ...command], options);
  }

  /** Processes on a host. */
  processes(host: string): number[] {
    const { namespace } = this.host(host);
    return execFileSync('ip', ['netns', 'pids', namespace], { encoding: 'utf8' })
      .split('\n')
      .filter(Boolean)
      .map(Number);
  }

  /** Namespaces go, and with them every interface and rule in them. Processes are the caller's to end. */
  remove(): void {
    for (const { namespace } of this.hosts.values()) ip('netns', 'del', namespace);
    ip('netns', 'del', this.switch);
  }

  private host(name: string): { namespace: string; address: string; cable: string } {
    const host = this.hosts.get(name);
    if (!host) throw new Error(`no test host ${name}`);
    return host;
  }

  private inSwitch(...command: string[]): void {
    ip('netns', 'exec', this.switch, ...command);
  }
}

function ip(...args: string[]): void {
  execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] });
}
