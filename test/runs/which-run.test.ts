import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { promisify } from 'node:util';
import { DOCUMENT_KINDS } from '../../src/model/document-kinds.js';
import type { Incident } from '../../src/model/incident.js';
import type { Run } from '../../src/model/run.js';
import { ulid } from '../../src/platform/ids.js';
import { packageRoot } from '../../src/platform/package-root.js';
import { findRun } from '../../src/runs/find.js';
import { runSpan } from '../../src/runs/span.js';
import type { Service } from '../../src/service/app.js';
import { openEmbeddedStore } from '../../src/store/embedded/embedded-store.js';
import { Harness } from '../service/harness.js';
import { TestSource } from '../store/lines.js';

const MAIN = path.join(packageRoot, 'dist', 'src', 'cli', 'main.js');
const HOUR = 3_600_000;
const FIRST = Date.UTC(2026, 10, 20, 8);

/** Oldest first: the newest is the second `nightly`. Each has an agent of its own, by which its lines are known. */
const RUNS: Run[] = ['nightly', 'smoke', 'nightly'].map((name, i) => ({
  id: ulid(FIRST + i * HOUR),
  name,
  startedAt: FIRST + i * HOUR,
  endedAt: FIRST + i * HOUR + 600_000,
  outcome: 'completed',
  startedBy: 'pack',
  agents: [`agent-${i}`],
  pinned: false,
}));
const [OLD, SMOKE, NEW] = RUNS as [Run, Run, Run];

/** What people write, and who is meant. */
const WORDS: [string, Run][] = [
  ['latest', NEW],
  ['latest~1', OLD],
  ['nightly~1', OLD],
  ['smoke', SMOKE],
  [OLD.id, OLD],
];

describe('one word means one run, in every command and route that takes one', () => {
  const harness = new Harness();
  let service: Service;

  before(async () => {
    const settings = harness.settings({ 'alerts.kibana': { url: 'http://kibana.test:5601' } });
    const store = await openEmbeddedStore({ directory: settings.data, readers: 1 });
    for (const run of RUNS) {
      const [agent] = run.agents;
      await store.append([
        new TestSource(agent!).append([
          { text: `${agent} works on item one`, time: run.startedAt + 1000 },
          { text: `${agent} connection refused`, time: run.startedAt + 2000, class: 'refused', rule: 'x/y' },
        ]),
      ]);
      await store.documents.put(DOCUMENT_KINDS.run, run.id, run);
      await store.documents.put(DOCUMENT_KINDS.incident, `I-${run.id}`, incidentOf(run));
    }
    await store.close();
    service = await harness.start(settings);
  });
  after(() => harness.close());

  const get = async (what: string, parameters: Record<string, string>) => {
    const reply = await fetch(`${service.url}${what}?${new URLSearchParams(parameters)}`);
    const text = await reply.text();
    assert.equal(reply.status, 200, `${what} ${JSON.stringify(parameters)}: ${text}`);
    return JSON.parse(text);
  };
  const post = async (what: string, body: unknown) => {
    const reply = await fetch(`${service.url}${what}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    assert.equal(reply.status, 200, await reply.clone().text());
    return (await reply.json()) as never;
  };
  const deadair = async (...args: string[]) => {
    const env = { ...process.env, DEADAIR_URL: service.url, NO_COLOR: '1' };
    const { stdout } = await promisify(execFile)(process.execPath, [MAIN, ...args], {
      cwd: harness.folder,
      env,
      maxBuffer: 64 << 20,
    });
    return stdout;
  };
  const agents = (rows: { agent: { id: string } }[]) => [...new Set(rows.map(row => row.agent.id))];

  /** Each gives something only the meant run has: its id, or its agents. */
  const asked: Record<string, (word: string) => Promise<string | string[] | undefined>> = {
    'GET /v1/runs/:run': async word => (await get(`/v1/runs/${encodeURIComponent(word)}`, {})).id,
    'POST /v1/runs/:run/pin': async word =>
      ((await post(`/v1/runs/${encodeURIComponent(word)}/pin`, { pinned: true })) as { id: string }).id,
    'GET /v1/postmortem': async run => (await get('/v1/postmortem', { run, format: 'json' })).run.id,
    'GET /v1/patterns': async run => patternAgents(await get('/v1/patterns', { run })),
    'GET /v1/diff now': async now => (await get('/v1/diff', { now, before: SMOKE.id })).now.id,
    'GET /v1/diff before': async word => (await get('/v1/diff', { before: word })).before.id,
    'GET /v1/incidents': async run => (await get('/v1/incidents', { run })).incidents[0]?.run,
    'POST /v1/rules/backtest': async run => {
      const rule = { kind: 'pattern', text: 'refused', class: 'refused' };
      const { marks } = await post('/v1/rules/backtest', { rule, run });
      return (marks as { agent: string }[]).map(mark => mark.agent);
    },
    'query run:': async word => agents((await get('/v1/search', { q: `run:${word}` })).records),
    'query from=run': async word =>
      agents((await get('/v1/search', { from: `run ${word}`, q: 'refused' })).records),
    'query from=run … start': async word =>
      agents(
        (await get('/v1/search', { from: `since run ${word} start`, q: 'item', order: 'oldest', limit: '1' }))
          .records,
      ),
    'GET /v1/kibana/run': async id => spanInLink((await get('/v1/kibana/run', { id })).url),
    'deadair postmortem': async word => JSON.parse(await deadair('postmortem', word, '--json')).run.id,
    'deadair patterns --run': async word =>
      patternAgents(JSON.parse(await deadair('patterns', '--run', word, '--json'))),
    'deadair diff': async word => JSON.parse(await deadair('diff', SMOKE.id, word, '--json')).now.id,
    'deadair incidents --run': async word =>
      (JSON.parse(await deadair('incidents', '--run', word, '--json')) as { run: string }[])[0]?.run,
    'deadair runs unpin': async word => JSON.parse(await deadair('runs', 'unpin', word, '--json')).id,
    'deadair rules backtest --run': async word => {
      const reply = JSON.parse(
        await deadair('rules', 'backtest', '/refused/', '--class', 'refused', '--run', word, '--json'),
      );
      return reply.marks.map((mark: { agent: string }) => mark.agent);
    },
    'deadair export': async word => {
      const file = path.join(harness.folder, 'out.tar.gz');
      await deadair('export', word, '--force', '-o', file);
      const { stdout } = spawnSync('tar', ['-xzOf', file, 'capsule.json'], { encoding: 'utf8' });
      assert.ok(readFileSync(file).length > 0);
      return JSON.parse(stdout).run.id;
    },
    'deadair search run:': async word =>
      agents(
        JSON.parse(
          `[${(await deadair('search', `run:${word}`, '--json')).trim().split('\n').join(',')}]`,
        ).flat(),
      ),
  };

  for (const [where, ask] of Object.entries(asked))
    it(where, async () => {
      // A command passes its word on to a route above; two words show that it does.
      for (const [word, run] of where.startsWith('deadair') ? WORDS.slice(0, 3) : WORDS) {
        const answer = await ask(word);
        const expected = Array.isArray(answer) ? run.agents : run.id;
        assert.deepEqual(answer, expected, `${where} with "${word}"`);
      }
    });

  function patternAgents({
    patterns,
  }: {
    patterns: { agents: { id: string }[] | Record<string, number> }[];
  }) {
    const names = patterns.flatMap(({ agents: told }) =>
      Array.isArray(told) ? told.map(one => one.id) : Object.keys(told),
    );
    return [...new Set(names)];
  }

  /** Kibana's address holds the time alone: whose it is. */
  function spanInLink(url: string): string | undefined {
    const text = decodeURIComponent(url);
    return RUNS.find(run => {
      const { from } = runSpan(run, 'report', { now: 0, runs: RUNS });
      return text.includes(new Date(from).toISOString());
    })?.id;
  }
});

it('an unknown run is told with the newest names, one too far back with how many there are', () => {
  assert.throws(() => findRun(RUNS, 'weekly'), {
    code: 'not-found',
    message: /the newest runs are nightly, smoke, nightly/,
  });
  assert.throws(() => findRun(RUNS, 'nightly~2'), {
    code: 'not-found',
    message: /There are 2 runs named nightly/,
  });
  assert.throws(() => findRun(RUNS, 'smoke~1'), { message: /There is one run named smoke/ });
  assert.throws(() => findRun([], undefined), { code: 'not-found', message: /no run yet/ });
});

it('a run that is really called `latest` or ends in ~1 is found by its name', () => {
  const odd = { id: 'X', name: 'latest', startedAt: 0 };
  assert.equal(findRun([...RUNS, odd], 'latest').id, 'X');
  assert.equal(findRun([...RUNS, { ...odd, name: 'nightly~1' }], 'nightly~1').id, 'X');
});

function incidentOf(run: Run): Incident {
  return {
    id: `I-${run.id}`,
    kind: 'agent-lost',
    subjects: run.agents,
    severity: 'critical',
    run: run.id,
    startedAt: run.startedAt + 2000,
    openedAt: run.startedAt + 3000,
    resolvedAt: run.startedAt + 4000,
    explanation: `${run.agents[0]} was lost.`,
    evidence: [],
    consequences: [],
    updatedAt: run.startedAt + 4000,
  };
}
