import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { packageRoot } from '../../src/platform/package-root.js';
import { ElasticsearchSettings } from '../../src/store/elasticsearch/settings.js';

/** A starter of test servers may lie beside the project; it is no part of it. */
const TOOL = path.resolve(packageRoot, '..', 'shared', 'tools', 'elasticsearch.sh');

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
    const run = spawnSync(TOOL, args, { encoding: 'utf8', timeout: 240_000 });
    if (run.status !== 0) throw new Error(`Elasticsearch did not start: ${run.stderr.slice(-2000)}`);
    this.url = /^ES_URL=(.+)$/m.exec(run.stdout)![1]!;
    this.pid = Number(/^ES_PID=(\d+)$/m.exec(run.stdout)![1]);
  }

  kill(): void {
    if (this.pid > 0) process.kill(this.pid, 'SIGKILL');
    this.pid = 0;
  }

  log(): string {
    return readFileSync(path.join(this.folder, 'logs', 'console.log'), 'utf8');
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
