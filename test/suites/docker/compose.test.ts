import assert from 'node:assert/strict';
import { appendFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { allObjects } from '../../../dashboards/objects.js';
import type { AlertLinks } from '../../../src/alerts/links.js';
import type { IncidentReply } from '../../../src/http/incident-reply.js';
import { build, docker, type Ended, eventually, restartEngine } from './engine.js';
import { IMAGE, Place, PORTS, SKIP } from './place.js';

const AGENTS = 'deadair-test-agents';
const AGENT_PORT = 17_771;

interface Hits {
  hits: { total: { value: number }; hits: { _id: string; _source: { message: string } }[] };
  aggregations?: Record<string, { value: number; buckets: { key: string; doc_count: number }[] }>;
}

/** As much of a webhook's body as is looked at here. */
interface Alert {
  incidents: { kind: string; subjects: string[]; cause?: string; links: AlertLinks }[];
}

/** Images without a name. */
function unnamed(): string[] {
  return docker('images', '-q', '--filter', 'dangling=true').text.trim().split('\n').filter(Boolean);
}

describe('docker-compose up on a real engine', { skip: SKIP }, () => {
  let place: Place;
  let webhook: Server;
  let withoutEnv: Ended[] = [];
  let unnamedBefore: string[] = [];
  const alerts: Alert[] = [];

  before(async () => {
    build(AGENTS, 'test/suites/deploy/image');
    // compose builds only what is not there: an image of another day would be tested instead.
    docker('rmi', '-f', IMAGE);
    unnamedBefore = unnamed();
    place = new Place();
    withoutEnv = [[], ['--profile', 'embedded']].map(profile => place.tried(...profile, 'up', '-d'));
    place.makeEnv();
    webhook = createServer((request, response) => {
      let body = '';
      request.on('data', chunk => {
        body += String(chunk);
      });
      request.on('end', () => {
        alerts.push(JSON.parse(body) as Alert);
        response.end();
      });
    });
    await new Promise<void>(resolve => webhook.listen(0, '0.0.0.0', resolve));
    const { port } = webhook.address() as AddressInfo;
    place.settings(`alerts:
  channels: [{ name: hook, kind: webhook, url: "http://${place.host}:${port}/" }]
agents: [${[1, 2, 3].map(n => `{ id: agent-${n}, address: "${place.host}:${AGENT_PORT + n}" }`).join(', ')}]
`);
  });
  after(() => {
    webhook?.close();
    docker(
      'rm',
      '-f',
      'deadair-controller',
      'deadair-collector',
      ...[1, 2, 3].map(n => `deadair-agent-agent-${n}`),
    );
    place?.close();
  });

  const scripts = (extra: Record<string, string> = {}) => ({ IMAGE: AGENTS, LOG_DIR: place.logs, ...extra });
  const search = (body: object) =>
    place.elasticsearch<Hits>('/logs-deadair.lines-*/_search?ignore_unavailable=true', body);
  const found = async (text: string) =>
    (await search({ query: { match_phrase: { message: text } } })).hits.total.value > 0 || undefined;
  const write = (file: string, text: string) => appendFileSync(path.join(place.logs, file), `${text}\n`);

  it('comes up from a clean clone and the .env script, builds its image, and a line of the mounted log is found', async () => {
    write('agent-0.log', '2026-11-24T12:00:00Z INFO the very first line');
    place.compose('up', '-d');
    await eventually('the line is in Elasticsearch', () => found('the very first line'), 120);
    const [hit] = (await search({ query: { match_phrase: { message: 'very first' } } })).hits.hits;
    assert.match(
      JSON.stringify(hit),
      new RegExp(`"path":"${place.logs}/agent-0\\.log"`),
      "the host's own path",
    );
  });

  it('says in a sentence that there is no .env yet, whichever profile is meant', () => {
    for (const { status, text } of withoutEnv) {
      assert.notEqual(status, 0);
      assert.match(text, /There is no \.env yet\. Run deploy\/make-env\.sh first/);
      assert.doesNotMatch(text, /PASSWORD/);
    }
  });

  it('leaves no stage of its build behind', () => {
    assert.deepEqual(
      unnamed().filter(id => !unnamedBefore.includes(id)),
      [],
    );
  });

  it('the one-shots ended well, and Kibana got every object', async () => {
    for (const service of ['setup', 'setup-kibana-user'])
      assert.equal(place.inspect(service).State.ExitCode, 0, service);
    const recorded = await eventually('the import', async () => {
      const reply = await fetch(`http://127.0.0.1:${PORTS.recorder}/`);
      const all = (await reply.json()) as { objects: string[] };
      return all.objects.length > 0 ? all : undefined;
    });
    assert.deepEqual(
      recorded.objects.sort(),
      allObjects()
        .map(({ type, id }) => `${type}:${id}`)
        .sort(),
    );
    await eventually(
      'the importer is done',
      () => place.inspect('setup-kibana').State.Status === 'exited' || undefined,
    );
    assert.equal(place.inspect('setup-kibana').State.ExitCode, 0);
  });

  it('containers are limited, rotate their logs, restart, and publish nothing but the ingester', () => {
    for (const service of ['elasticsearch', 'kibana', 'deadair', 'collector']) {
      const { HostConfig: host } = place.inspect(service);
      assert.ok(host.Memory > 0, `${service}: memory`);
      assert.equal(host.RestartPolicy.Name, 'unless-stopped', service);
      assert.equal(host.LogConfig.Config['max-size'], '10m', service);
      const published = Object.values(host.PortBindings ?? {}).flat();
      const wanted = service === 'deadair' ? '0.0.0.0' : '127.0.0.1';
      for (const { HostIp } of published) assert.equal(HostIp, wanted, service);
    }
    const { Config: config, HostConfig: host } = place.inspect('deadair');
    assert.equal(host.ReadonlyRootfs, true);
    assert.equal(config.User, 'node');
    assert.deepEqual(host.CapDrop, ['ALL']);
    const { ELASTIC_PASSWORD, KIBANA_PASSWORD } = place.env();
    for (const secret of [ELASTIC_PASSWORD!, KIBANA_PASSWORD!])
      assert.ok(
        !config.Env.some(pair => pair.includes(secret)),
        "the service has no administrator's password",
      );
  });

  it('the image holds no build tool, no test and no development dependency', () => {
    const listed = docker(
      'run',
      '--rm',
      '--entrypoint',
      'sh',
      IMAGE,
      '-c',
      'ls /app /app/dist /app/node_modules; which gcc make python3 tsc',
    );
    assert.doesNotMatch(
      listed.text,
      /^(test|bench|typescript|playwright-core|libsql|fast-check|.*\/(gcc|make|python3|tsc))$/m,
    );
    assert.match(listed.text, /^dist$/m);
  });

  it('an agent killed with docker kill becomes an alert at the webhook, with ways into Kibana', async () => {
    for (const agent of [1, 2, 3]) {
      const started = place.script('deploy/run-agent.sh', [`${agent}`, `${AGENT_PORT + agent}`], scripts());
      assert.equal(started.status, 0, started.text);
    }
    const config = path.join(place.directory, 'run.json');
    const agents = [1, 2, 3].map(agent => `127.0.0.1:${AGENT_PORT + agent}`);
    writeFileSync(config, JSON.stringify({ agents, seconds: 600 }));
    assert.equal(place.script('deploy/run-controller.sh', ['--detach', config], scripts()).status, 0);
    await eventually('the workload runs', () => found('Starting workload now'), 90);
    docker('kill', 'deadair-agent-agent-2');
    const lost = await eventually(
      'the alert',
      () =>
        alerts
          .flatMap(alert => alert.incidents)
          .find(({ kind, subjects }) => kind === 'agent-lost' && subjects.includes('agent-2')),
      120,
    );
    assert.deepEqual(lost.subjects, ['agent-2']);
    assert.equal(lost.cause, 'crashed');
    assert.ok(lost.links.kibana!.startsWith(`http://localhost:${PORTS.kibana}/app/discover#/?`));
    const record = decodeURIComponent(/context\/[^/]+\/([^?]+)\?/.exec(lost.links.surrounding!)![1]!);
    const reply = await search({ query: { ids: { values: [record] } } });
    assert.equal(reply.hits.total.value, 1, 'the document that "surrounding documents" starts from is there');
    const text = place.compose('exec', '-T', 'deadair', 'deadair', 'incidents').text;
    assert.match(text, /agent-2/);
  });

  it('nothing is lost or doubled by down and up again, not even what was written in between', async () => {
    const incidents = () =>
      place
        .service<{ incidents: IncidentReply[] }>('/v1/incidents?state=all')
        .then(({ incidents: all }) => all);
    const known = (await incidents()).map(({ id }) => id);
    assert.notEqual(known.length, 0);
    place.compose('down');
    for (let i = 0; i < 500; i++)
      write('agent-0.log', `2026-11-24T12:01:00Z INFO written while all was down ${i}`);
    place.compose('up', '-d');
    await eventually('the last line is there', () => found('written while all was down 499'), 180);
    const files = readdirSync(place.logs).filter(name => name.endsWith('.log'));
    await eventually('all lines are there', async () => {
      const { aggregations } = await search({
        size: 0,
        aggs: { path: { terms: { field: 'log.file.path', size: 100 } } },
      });
      const stored = new Map(aggregations!.path!.buckets.map(({ key, doc_count }) => [key, doc_count]));
      return (
        files.every(name => {
          const written = readFileSync(path.join(place.logs, name), 'utf8').split('\n').length - 1;
          return stored.get(path.join(place.logs, name)) === written;
        }) || undefined
      );
    });
    const after = (await incidents()).map(({ id }) => id);
    for (const id of known) assert.ok(after.includes(id), `incident ${id} is still known`);
  });

  it('goes on by itself after the host was started anew: the service never ends, agents are judged while Elasticsearch still starts', async context => {
    const begun = Date.now();
    if (!restartEngine()) return context.skip('the engine is not ours to stop');
    const hosts = await eventually(
      'a collector is heard again',
      async () => {
        const reply = await place.service<{ hosts: { lastHeartbeatAt?: string }[] }>('/v1/status');
        const heard = reply.hosts.map(({ lastHeartbeatAt }) => Date.parse(lastHeartbeatAt ?? ''));
        return heard.some(at => at > begun) ? heard : undefined;
      },
      120,
    );
    const { State: state, RestartCount: restarts } = place.inspect('deadair');
    assert.equal(restarts, 0, 'the service did not end once');
    const after = Math.max(...hosts) - Date.parse(state.StartedAt);
    console.log(`# heard ${after} ms after the service's start`);
    write('agent-0.log', '2026-11-24T12:01:30Z INFO written after the start');
    await eventually('the line is in Elasticsearch', () => found('written after the start'), 240);
    assert.equal(place.inspect('deadair').RestartCount, 0);
  });

  it('starts Deadair alone with --profile embedded', async () => {
    place.compose('down', '-v');
    place.compose('--profile', 'embedded', 'up', '-d');
    const { records } = await eventually(
      'the line is in the embedded store',
      async () => {
        const reply = await place.service<{ records: unknown[] }>('/v1/search?q=%22very%20first%22');
        return reply.records.length > 0 ? reply : undefined;
      },
      90,
    );
    assert.equal(records.length, 1);
    const running = docker(
      'ps',
      '--format',
      '{{.Image}}',
      '--filter',
      'label=com.docker.compose.project',
    ).text;
    assert.doesNotMatch(running, /elasticsearch/);
  });

  it("agents' hosts ship with run-collector.sh, with compose.agent.yml, and are told of a wrong token", async () => {
    const to = `http://127.0.0.1:${PORTS.service}`;
    const token = place.env().DEADAIR_TOKEN!;
    const directories = ['host-a', 'host-b'].map(name => path.join(place.directory, name));
    for (const directory of directories) {
      mkdirSync(directory);
      writeFileSync(
        path.join(directory, 'agent-9.log'),
        `2026-11-24T12:02:00Z INFO from ${path.basename(directory)}\n`,
      );
    }
    const [a, b] = directories as [string, string];
    const env = { IMAGE, LOG_DIR: a, DEADAIR_HOST: 'host-a' };
    const wrong = place.script('deploy/run-collector.sh', [to], {
      ...env,
      DEADAIR_TOKEN: 'wrong-token-1',
      WAIT_SECONDS: '6',
    });
    assert.equal(wrong.status, 1, wrong.text);
    assert.match(wrong.text, /has not reached http.*is the address right, the token, the port open\?/);
    const started = place.script('deploy/run-collector.sh', [to], { ...env, DEADAIR_TOKEN: token });
    assert.equal(started.status, 0, started.text);
    const composed = place.agentCompose(
      { DEADAIR_IMAGE: IMAGE, DEADAIR_TO: to, DEADAIR_TOKEN: token, DEADAIR_LOGS: b, DEADAIR_HOST: 'host-b' },
      'up',
      '-d',
    );
    assert.equal(composed.status, 0, composed.text);
    for (const host of ['host-a', 'host-b'])
      await eventually(`the line of ${host}`, async () => {
        const reply = await place.service<{ records: unknown[] }>(`/v1/search?q=host:${host}`);
        return reply.records.length === 1 || undefined;
      });
    assert.match(place.script('deploy/cleanup.sh', ['--collector'], {}).text, /removed deadair-collector/);
  });

  it('preflight.sh looks at hosts from the image', () => {
    const looked = place.script('deploy/preflight.sh', [`127.0.0.1:${PORTS.service}`, '--no-ssh'], {
      IMAGE,
      PATH: '/usr/bin:/bin:/usr/sbin:/sbin',
    });
    assert.match(looked.text, /127\.0\.0\.1/);
    assert.match(looked.text, /port/i);
  });
});
