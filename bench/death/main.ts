import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

// An agent's death, from kill -9 to the incident and to the message at a webhook: a service, one collector as on one host, and
// agents of a run, each a process of its own, killed one after the other while the run goes on.
//   [ELASTICSEARCH_URL=…] node dist/bench/death/main.js [DEATHS] [AGENTS] [PORT]
const url = process.env.ELASTICSEARCH_URL;
const [deaths = 5, agents = 8, port = 7820] = process.argv.slice(2).map(Number);
/** Between two deaths: messages of one run keep this distance otherwise. */
const APART_MS = 35_000;
/** Before the first one: everything has begun, and a run is under way. */
const BEFORE_MS = 12_000;

/** Agents and a controller as the fault tests have them, and the words they use. */
const PROGRAM = path.resolve('dist/test/suites/faults/program.js');
const PACK = path.resolve('test/suites/faults/pack.yaml');

const pause = (ms: number) => new Promise(resolve => setTimeout(resolve, ms));
const folder = mkdtempSync(path.join(tmpdir(), 'deadair-death-'));
const logs = path.join(folder, 'logs');
mkdirSync(logs);

interface Told {
  at: number;
  text: string;
}
const messages: Told[] = [];
const hook = createServer((request, response) => {
  let text = '';
  request.on('data', part => {
    text += part;
  });
  request.on('end', () => {
    messages.push({ at: Date.now(), text });
    response.end();
  });
});
await new Promise<void>(resolve => hook.listen(0, '127.0.0.1', resolve));
const hookPort = (hook.address() as AddressInfo).port;

writeFileSync(
  path.join(folder, 'deadair.yaml'),
  `detect:\n  packs: [${PACK}]\nalerts:\n  channels:\n    - { name: hook, kind: webhook, url: "http://127.0.0.1:${hookPort}/" }\n`,
);
const own: ChildProcess[] = [];
const start = (args: string[], env: NodeJS.ProcessEnv = {}, output: number | 'ignore' = 'ignore') => {
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', output, 'inherit'],
    env: { ...process.env, DEADAIR_LOG_LEVEL: 'error', ...env },
  });
  own.push(child);
  return child;
};
const main = path.resolve('dist/src/cli/main.js');
const base = `http://127.0.0.1:${port}`;

interface Listed {
  incidents: { id: string; kind: string; subjects: string[] }[];
}

try {
  start([main, 'serve', '--config', path.join(folder, 'deadair.yaml'), '--port', String(port)], {
    DEADAIR_DATA: path.join(folder, 'data'),
    ...(url === undefined
      ? {}
      : {
          DEADAIR_STORE: 'elasticsearch',
          DEADAIR_ES_URL: url,
          DEADAIR_ES_NAMESPACE: `death${randomBytes(4).toString('hex')}`,
          DEADAIR_ES_SERVICES: 'one',
        }),
  });
  for (let ready = false; !ready; await pause(200))
    ready = await fetch(`${base}/readyz`).then(
      reply => reply.ok,
      () => false,
    );
  const logged = (name: string, args: string[]) => {
    const log = openSync(path.join(logs, `${name}.log`), 'a');
    const child = start([PROGRAM, ...args], {}, log);
    // Nobody but the program holds it, so that its end can be seen.
    closeSync(log);
    return { name, child };
  };
  const dying = Array.from({ length: agents }, (_, i) =>
    logged(`agent-${i + 1}`, ['agent', '--port', String(port + 1 + i)]),
  );
  start([main, 'collect', '--to', base, '--watch', logs], { DEADAIR_HOST: 'host-1' });
  await pause(3000);
  const places = dying.map(({ name }, i) => `${name}=127.0.0.1:${port + 1 + i}`).join(',');
  logged('controller', ['controller', '--agents', places, '--seconds', '3600']);
  await pause(BEFORE_MS);
  const known: number[] = [];
  const told: number[] = [];
  for (const [nth, { name, child }] of dying.slice(0, deaths).entries()) {
    const at = Date.now();
    child.kill('SIGKILL');
    let knownAt: number | undefined;
    let toldAt: number | undefined;
    let how = '';
    while ((knownAt === undefined || toldAt === undefined) && Date.now() - at < 30_000) {
      if (knownAt === undefined) {
        const { incidents } = (await (await fetch(`${base}/v1/incidents`)).json()) as Listed;
        const found = incidents.find(({ subjects }) => subjects.includes(name));
        if (found) {
          knownAt = Date.now();
          how = found.kind;
        }
      }
      toldAt ??= messages.find(message => message.at >= at && message.text.includes(name))?.at;
      await pause(50);
    }
    known.push((knownAt ?? Number.NaN) - at);
    told.push((toldAt ?? Number.NaN) - at);
    console.log(`${name}: ${how}, known after ${known.at(-1)} ms, told after ${told.at(-1)} ms`);
    if (nth + 1 < deaths) await pause(Math.max(0, APART_MS - (Date.now() - at)));
  }
  console.log(
    `${url ? 'Elasticsearch, book at home' : 'embedded'}, ${deaths} deaths of ${agents} agents: known after ${Math.max(...known)} ms at most, told after ${Math.max(...told)} ms`,
  );
} finally {
  for (const one of own) one.kill('SIGKILL');
  hook.close();
  rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}
