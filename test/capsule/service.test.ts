import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createWriteStream, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { after, before, describe, it } from 'node:test';
import { createGzip } from 'node:zlib';
import { capsuleEntries } from '../../src/capsule/open.js';
import { packCapsule } from '../../src/capsule/pack.js';
import { DOCUMENT_KINDS } from '../../src/model/document-kinds.js';
import type { Run } from '../../src/model/run.js';
import { packageRoot } from '../../src/platform/package-root.js';
import type { Service } from '../../src/service/app.js';
import { openEmbeddedStore } from '../../src/store/embedded/embedded-store.js';
import { type StoredRuns, storeRecordedRuns } from '../report/recorded-run.js';
import { Harness } from '../service/harness.js';

const MAIN = path.join(packageRoot, 'dist', 'src', 'cli', 'main.js');
const RUN = '04-kill9-one';

/** Of the replies' fields those that are looked at. */
interface Answers {
  runs: { id: string; pinned: boolean }[];
  incidents: { kind: string; subjects: string[] }[];
  records: unknown[];
  agents: unknown[];
  notifications: unknown[];
  store: { lines: number };
}

describe('deadair export and import', () => {
  const harness = new Harness();
  const capsule = path.join(harness.folder, 'run.capsule.tar.gz');
  let recorded: StoredRuns;
  let run: Run;
  let service: Service;

  const deadair = (...args: string[]) =>
    new Promise<{ status: number | null; stdout: string; stderr: string }>((resolve, reject) => {
      const child = spawn(process.execPath, [MAIN, ...args], {
        cwd: harness.folder,
        env: { ...process.env, NO_COLOR: '1', DEADAIR_URL: service?.url ?? '' },
      });
      let [stdout, stderr] = ['', ''];
      child.stdout.on('data', text => {
        stdout += text;
      });
      child.stderr.on('data', text => {
        stderr += text;
      });
      child.once('error', reject);
      child.once('close', status => resolve({ status, stdout, stderr }));
    });
  const ask = async <T = Answers>(what: string) => (await (await fetch(`${service.url}${what}`)).json()) as T;

  before(async () => {
    recorded = await storeRecordedRuns([RUN]);
    run = recorded.engine.runs()[0]!;
    const { documents } = recorded.store;
    await documents.put(DOCUMENT_KINDS.run, run.id, run);
    for (const incident of recorded.engine.incidents())
      await documents.put(DOCUMENT_KINDS.incident, incident.id, incident);
    const span = { from: run.startedAt - 15_000, to: (run.endedAt ?? 8e15) + 60_000 };
    const archive = packCapsule(recorded.store, { name: run.name, span, run }, { now: run.startedAt });
    await pipeline(Readable.from(archive), createGzip(), createWriteStream(capsule));
    service = await harness.start();
  });
  after(async () => {
    await harness.close();
    await recorded.close();
  });

  it('takes a capsule into a running service: run, incidents, search and post-mortem', async () => {
    const { status, stdout, stderr } = await deadair('import', capsule, '--json');
    assert.equal(status, 0, stderr);
    const result = JSON.parse(stdout);
    assert.equal(result.runHere, run.id);
    assert.ok(result.stored > 400);
    const { runs } = await ask('/v1/runs');
    assert.deepEqual([runs[0]?.id, runs[0]?.pinned], [run.id, true]);
    const { incidents } = await ask('/v1/incidents');
    assert.deepEqual(
      incidents.map(({ kind, subjects }) => [kind, ...subjects]),
      recorded.engine.incidents().map(({ kind, subjects }) => [kind, ...subjects]),
    );
    const { records } = await ask(`/v1/search?q=run:${run.id}&limit=1000`);
    assert.ok(records.length > 300);
    const report = await ask(`/v1/postmortem?format=json&run=${run.id}`);
    assert.match(JSON.stringify(report), /agent-/);
    // What lies elsewhere is nobody who should be heard of here.
    const { agents, incidents: open } = await ask('/v1/status');
    assert.deepEqual([agents, open], [[], []]);
  });

  it('judges nothing of it again after a restart, and offers no collector its positions', async () => {
    await service.stop();
    service = await harness.start();
    const { incidents } = await ask('/v1/incidents');
    assert.equal(incidents.length, recorded.engine.incidents().length);
    const { notifications } = await ask('/v1/alerts');
    assert.deepEqual(notifications, []);
    const hosts = new Set(recorded.engine.runs()[0]!.agents.map(agent => agent.replace('agent-', 'node')));
    for (const host of hosts) {
      const reply = await fetch(`${service.url}/v1/positions`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ version: 1, host, collector: 'test' }),
      });
      assert.deepEqual(((await reply.json()) as { sources: unknown[] }).sources, []);
    }
  });

  it('does nothing the second time, and says so', async () => {
    const { status, stdout } = await deadair('import', capsule);
    assert.equal(status, 0);
    assert.match(stdout, /All \d+ lines of .* were here already/);
  });

  it('packs it again out of the service, the same lines, and does not overwrite a file', async () => {
    const file = path.join(harness.folder, 'again.capsule.tar.gz');
    const { status, stdout, stderr } = await deadair('export', run.id, '-o', file, '--json');
    assert.equal(status, 0, stderr);
    const { lines, incidents } = JSON.parse(stdout);
    const home = JSON.parse((await deadair('import', capsule, '--json')).stdout);
    assert.deepEqual([lines, incidents], [home.lines, home.incidents]);
    assert.deepEqual(
      readdirSync(harness.folder).filter(name => name.endsWith('.part')),
      [],
    );
    const again = await deadair('export', run.id, '-o', file);
    assert.equal(again.status, 2);
    assert.match(again.stderr, /--force/);
  });

  it('replays a capsule to the incidents of the recorded run', async () => {
    const told = async (what: string) => {
      const { status, stdout, stderr } = await deadair('replay', what, '--json');
      assert.equal(status, 0, stderr);
      return JSON.parse(stdout).map(({ kind, subjects, cause }: Record<string, unknown>) => ({
        kind,
        subjects,
        cause,
      }));
    };
    const original = await told(path.join(packageRoot, 'samples', RUN));
    assert.ok(original.length > 0);
    assert.deepEqual(await told(capsule), original);
    // Unpacked, as by tar.
    const folder = path.join(harness.folder, 'unpacked');
    for await (const { name, size, body } of capsuleEntries(capsule)) {
      mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
      writeFileSync(path.join(folder, name), await body.exactly(size));
    }
    assert.deepEqual(await told(folder), original);
  });

  it('reads and writes a data directory without a service, and refuses to write beside one', async () => {
    const data = path.join(harness.folder, 'other');
    const imported = await deadair('import', capsule, '--data', data, '--json');
    assert.equal(imported.status, 0, imported.stderr);
    const file = path.join(harness.folder, 'direct.capsule.tar.gz');
    const exported = await deadair('export', '--data', data, '-o', file, '--json');
    assert.equal(exported.status, 0, exported.stderr);
    assert.equal(JSON.parse(exported.stdout).lines, JSON.parse(imported.stdout).lines);
    const beside = await deadair('import', capsule, '--data', path.join(harness.folder, 'data'));
    assert.equal(beside.status, 1);
    assert.match(beside.stderr, /Another Deadair service/);
  });

  it('stores nothing of a damaged capsule, and leaves no upload behind', async () => {
    const broken = path.join(harness.folder, 'broken.gz');
    const bytes = readFileSync(capsule);
    writeFileSync(broken, bytes.subarray(0, bytes.length - 3000));
    const refused = await deadair('import', broken);
    assert.equal(refused.status, 1);
    assert.match(refused.stderr, /capsule\.damaged/);
    // Past the command's own look at it.
    const before = (await ask('/v1/status')).store.lines;
    const reply = await fetch(`${service.url}/v1/import`, {
      method: 'POST',
      headers: { 'content-type': 'application/gzip' },
      body: readFileSync(broken),
    });
    assert.match(await reply.text(), /capsule\.damaged/);
    assert.equal((await ask('/v1/status')).store.lines, before);
    const incoming = path.join(harness.folder, 'data', 'incoming');
    assert.deepEqual(existsSync(incoming) ? readdirSync(incoming) : [], []);
  });

  it('copies the whole store while the service goes on, into a new folder only', async () => {
    const backups = path.join(harness.folder, 'backups');
    const copy = path.join(backups, 'copy');
    const made = await deadair('export', '--all', 'copy');
    assert.equal(made.status, 0, made.stderr);
    assert.match((await deadair('store', 'verify', copy)).stdout, /all checksums are right/);
    const store = await openEmbeddedStore({ directory: copy });
    const { lines } = await store.stats();
    await store.close();
    assert.equal(lines, (await ask('/v1/status')).store.lines);
    assert.equal((await deadair('export', '--all', copy)).status, 2);
    const full = path.join(backups, 'taken');
    mkdirSync(full);
    writeFileSync(path.join(full, 'mine'), '');
    const refused = await deadair('export', '--all', full);
    assert.match(refused.stderr, /not empty/);
    for (const elsewhere of [path.join(harness.folder, 'elsewhere'), '../x', '/proc/x', 'a/b', '-rf', ''])
      assert.equal((await deadair('export', `--all=${elsewhere}`)).status, 2, elsewhere);
  });
});
