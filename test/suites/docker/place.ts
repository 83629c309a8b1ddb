import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { docker, type Ended, engine, missingImage, ROOT, run } from './engine.js';

const PROJECT = 'deadairtest';
export const PORTS = { service: 17_707, elasticsearch: 19_200, kibana: 15_601, recorder: 15_602 };
export const IMAGE = 'deadair:test';

const found = engine();

/** Why these tests can't run here, or false. */
export const SKIP = typeof found === 'string' ? found : (lacking() ?? false);
if (SKIP) console.log(`# skipped: ${SKIP}`);

function lacking(): string | undefined {
  if (!composeCommand()) return 'neither docker-compose nor docker compose is installed';
  return missingImage('node:24-bookworm-slim') ?? missingImage('elasticsearch:9.4.3', 'elasticsearch');
}

function composeCommand(): string[] | undefined {
  const works = (...words: string[]) =>
    spawnSync(words[0]!, [...words.slice(1), 'version'], { stdio: 'ignore' }).status === 0;
  return works('docker-compose')
    ? ['docker-compose']
    : works('docker', 'compose')
      ? ['docker', 'compose']
      : undefined;
}

/** A copy of what git knows of the checkout, as a clone would have it, and compose running there. */
export class Place {
  readonly directory = realpathSync(mkdtempSync(path.join(os.tmpdir(), 'deadair-compose-')));
  readonly logs = path.join(this.directory, 'sai3-logs');
  /** An address of this host that containers reach: that of Docker's own bridge. */
  readonly host =
    os.networkInterfaces().docker0?.find(({ family }) => family === 'IPv4')?.address ?? '172.17.0.1';
  private readonly clone = path.join(this.directory, 'deadair');
  readonly project = PROJECT;

  /** @param words compose, as on the command line */
  constructor(private readonly words = composeCommand()!) {
    mkdirSync(this.clone);
    const files = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
      cwd: ROOT,
    });
    const tar = execFileSync('tar', ['--null', '--ignore-failed-read', '-T', '-', '-c'], {
      cwd: ROOT,
      input: files,
      maxBuffer: 256 * 1024 * 1024,
    });
    execFileSync('tar', ['-x', '-C', this.clone], { input: tar });
  }

  /** Makes .env by the script, then says what differs on a machine where other things run, too. */
  makeEnv(): void {
    const made = this.script('deploy/make-env.sh', [], {
      DEADAIR_LOGS: this.logs,
      DEADAIR_PORT: `${PORTS.service}`,
      ES_PORT: `${PORTS.elasticsearch}`,
      KIBANA_PORT: `${PORTS.kibana}`,
    });
    if (made.status !== 0) throw new Error(made.text);
    this.setEnv({
      COMPOSE_PROJECT_NAME: PROJECT,
      DEADAIR_PAGE_URL: `http://127.0.0.1:${PORTS.service}`,
      DEADAIR_IMAGE: IMAGE,
      DEADAIR_BUILD_NETWORK: 'host',
      ES_MEM_LIMIT: '1200m',
      RECORDER_PORT: `${PORTS.recorder}`,
      RECORDER_ROOT: ROOT,
    });
  }

  env(): Record<string, string> {
    return Object.fromEntries(
      readFileSync(path.join(this.clone, '.env'), 'utf8')
        .split('\n')
        .filter(line => /^\w+=/.test(line))
        .map(line => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
    );
  }

  setEnv(values: Record<string, string>): void {
    const lines = Object.entries({ ...this.env(), ...values }).map(([name, value]) => `${name}=${value}\n`);
    writeFileSync(path.join(this.clone, '.env'), lines.join(''));
  }

  settings(yaml: string): void {
    writeFileSync(path.join(this.clone, 'config', 'deadair.yaml'), yaml);
  }

  compose(...args: string[]): Ended {
    const ended = this.tried(...args);
    if (ended.status !== 0) throw new Error(`compose ${args.join(' ')}: ${ended.text.slice(-3000)}`);
    return ended;
  }

  tried(...args: string[]): Ended {
    const files = ['-f', 'docker-compose.yml', '-f', path.join(ROOT, 'test/suites/docker/recorder.yml')];
    return run(this.words[0]!, [...this.words.slice(1), ...files, ...args], {
      cwd: this.clone,
      env: { DOCKER_BUILDKIT: '0', COMPOSE_DOCKER_CLI_BUILD: '0' },
      seconds: 540,
    });
  }

  /** compose.agent.yml, as on an agent's host. */
  agentCompose(env: Record<string, string>, ...args: string[]): Ended {
    return run(
      this.words[0]!,
      [...this.words.slice(1), '-p', `${PROJECT}agent`, '-f', 'compose.agent.yml', ...args],
      { cwd: this.clone, env },
    );
  }

  script(file: string, args: string[], env: Record<string, string>): Ended {
    return run(path.join(this.clone, file), args, { env: { TMUX: '', STY: '', ...env }, cwd: this.clone });
  }

  inspect(service: string): ContainerFacts {
    const [id] = this.compose('ps', '-q', service).text.trim().split('\n');
    return (JSON.parse(docker('inspect', id!).text) as ContainerFacts[])[0]!;
  }

  async service<T>(pathAndQuery: string): Promise<T> {
    const response = await fetch(`http://127.0.0.1:${PORTS.service}${pathAndQuery}`, {
      headers: { authorization: `Bearer ${this.env().DEADAIR_TOKEN}` },
      // The engine takes connections for a container that does not listen yet, and they may hang.
      signal: AbortSignal.timeout(10_000),
    });
    if (!response.ok) throw new Error(`${pathAndQuery}: ${response.status} ${await response.text()}`);
    return (await response.json()) as T;
  }

  async elasticsearch<T>(target: string, body?: object): Promise<T> {
    const credentials = Buffer.from(`elastic:${this.env().ELASTIC_PASSWORD}`).toString('base64');
    const response = await fetch(`http://127.0.0.1:${PORTS.elasticsearch}${target}`, {
      method: body ? 'POST' : 'GET',
      headers: { authorization: `Basic ${credentials}`, 'content-type': 'application/json' },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    if (!response.ok)
      throw new Error(`${target}: ${response.status} ${(await response.text()).slice(0, 500)}`);
    return (await response.json()) as T;
  }

  close(): void {
    try {
      this.agentCompose({ DEADAIR_TO: 'x', DEADAIR_TOKEN: 'x' }, 'down', '-v');
      this.compose('--profile', 'elastic', '--profile', 'embedded', 'down', '-v', '--remove-orphans');
    } finally {
      rmSync(this.directory, { recursive: true, force: true });
      if (typeof found !== 'string') found.release();
    }
  }
}

export interface ContainerFacts {
  Config: { User: string; Env: string[] };
  State: { Status: string; ExitCode: number; StartedAt: string };
  RestartCount: number;
  HostConfig: {
    ReadonlyRootfs: boolean;
    Memory: number;
    CapDrop: string[] | null;
    RestartPolicy: { Name: string };
    LogConfig: { Type: string; Config: Record<string, string> };
    PortBindings: Record<string, { HostIp: string; HostPort: string }[]> | null;
  };
}
