import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ElasticsearchSettings } from '../../../src/store/elasticsearch/settings.js';

/** A program that starts test servers, where there is one: `start --port N --run-dir DIR …` prints ES_URL and ES_PID. */
const TOOL = process.env.DEADAIR_TEST_ELASTICSEARCH ?? '';

/** A loaded machine takes minutes for what a quiet one does in 15 s. */
const START_MS = 400_000;

export interface ServerOptions {
  /** Password of the superuser `elastic`; without it security is off. */
  password?: string;
  /** Lines for elasticsearch.yml. */
  settings?: string[];
}

/** A server of our own: it may be killed and started again on the same data. */
export class TestServer {
  url = '';
  private pid = 0;
  private readonly folder = mkdtempSync(path.join(tmpdir(), 'deadair-elasticsearch-'));
  private port = 0;

  constructor(private readonly options: ServerOptions = {}) {}

  async start(): Promise<void> {
    this.port ||= await freePort();
    const { password, settings = [] } = this.options;
    const args = ['start', '--port', String(this.port), '--run-dir', this.folder, '--heap', '1g'];
    if (password !== undefined) args.push('--security', password);
    for (const line of settings) args.push('--set', line);
    const output = path.join(this.folder, 'start.txt');
    const code = await run(TOOL, args, output);
    const said = readFileSync(output, 'utf8');
    if (code !== 0) throw new Error(`Elasticsearch did not start (${code}): ${said.slice(-2000)}`);
    this.url = /^ES_URL=(.+)$/m.exec(said)![1]!;
    this.pid = Number(/^ES_PID=(\d+)$/m.exec(said)![1]);
  }

  kill(): void {
    if (this.pid > 0) process.kill(this.pid, 'SIGKILL');
    this.pid = 0;
  }

  stop(): void {
    this.kill();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Why no server can be started here, or undefined. */
export function whyNoServer(): string | undefined {
  if (!existsSync(TOOL))
    return 'no Elasticsearch: set ELASTICSEARCH_URL to a server whose data may be written to';
  if (starting === undefined) {
    const fetched = spawnSync(TOOL, ['fetch'], { encoding: 'utf8', timeout: 600_000 });
    starting = fetched.status === 0 ? '' : `no Elasticsearch: ${fetched.stderr.trim().split('\n').at(-1)}`;
  }
  return starting || undefined;
}
let starting: string | undefined;

/** The server of ELASTICSEARCH_URL, else one of our own; undefined, and the reason printed, where neither can be had. */
export async function anyServer(): Promise<{ url: string; stop(): void } | undefined> {
  const url = process.env.ELASTICSEARCH_URL;
  if (url) return { url, stop() {} };
  const why = whyNoServer();
  if (why !== undefined) {
    console.log(`skipped: ${why}`);
    return undefined;
  }
  const server = new TestServer();
  try {
    await server.start();
  } catch (thrown) {
    server.stop();
    throw thrown;
  }
  return server;
}

/** Settings with a namespace nobody else has: a data stream of another test never is in the way. */
export function settingsFor(url: string, more: Record<string, unknown> = {}): ElasticsearchSettings {
  const namespace = `t${randomBytes(5).toString('hex')}`;
  return ElasticsearchSettings.parse({ nodes: [url], namespace, ...more });
}

/** Its output goes to a file: the server it leaves behind would hold a pipe open. */
function run(command: string, args: string[], output: string): Promise<number | null> {
  const file = openSync(output, 'w');
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ['ignore', file, file], timeout: START_MS });
    child.on('error', reject);
    child.on('exit', resolve);
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.on('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const { port } = probe.address() as { port: number };
      probe.close(() => resolve(port));
    });
  });
}
