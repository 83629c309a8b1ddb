import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { before, describe, test } from 'node:test';
import { packageRoot } from '../../src/platform/package-root.js';
import { renderHtml } from '../../src/report/html.js';
import { toJson } from '../../src/report/json.js';
import { renderMarkdown } from '../../src/report/markdown.js';
import type { PostMortem } from '../../src/report/model.js';
import { recordedReport } from './recorded-report.js';

const GOLDEN = path.join(packageRoot, 'test', 'report', 'golden');

/** Compares with test/report/golden/NAME; `UPDATE_GOLDEN=1` writes it anew. */
function golden(name: string, text: string): void {
  const file = path.join(GOLDEN, name);
  if (process.env.UPDATE_GOLDEN) {
    mkdirSync(GOLDEN, { recursive: true });
    writeFileSync(file, text);
  }
  assert.ok(existsSync(file), `${file} is missing: run with UPDATE_GOLDEN=1 and read what it wrote`);
  assert.equal(text, readFileSync(file, 'utf8'));
}

const reports = new Map<string, PostMortem>();

for (const [name, earlier] of [
  ['01-baseline-mixed-8', []],
  ['04-kill9-one', []],
  ['07-linkdown-permanent', ['01-baseline-mixed-8']],
  ['11-agent-not-started', []],
  ['28-partition-all', []],
] as const) {
  describe(`the report of recorded run ${name}`, () => {
    let report: PostMortem;
    let html: string;
    before(async () => {
      report = await recordedReport(...earlier, name);
      reports.set(name, report);
      html = renderHtml(report);
    });

    test('reads as it was approved', () => golden(`${name}.md`, renderMarkdown(report)));

    test('is one file that fetches nothing and runs nothing', () => {
      assert.doesNotMatch(html, /<(script|link|img|iframe|object|embed|form|base)\b/i);
      assert.doesNotMatch(html, /\s(src|href|on\w+|action)=/i);
      assert.doesNotMatch(html, /@import|url\((?!#hatch\))/i);
    });

    test('draws a lane for the controller and every agent', () => {
      for (const host of ['controller', ...report.run.agents])
        assert.match(html, new RegExp(`text-anchor="end">${host}</text>`));
      assert.equal(report.chart.lanes[0]?.role, 'controller');
    });

    test('has its sections in balanced markup', () => {
      for (const tag of ['section', 'table', 'details', 'div', 'svg', 'tr', 'ul', 'dl'])
        assert.equal(html.split(`<${tag}`).length, html.split(`</${tag}>`).length, tag);
      assert.ok(html.includes('Full log excerpts'));
    });

    test('gives times as RFC 3339 in JSON', () => {
      const json = JSON.stringify(toJson(report));
      assert.match(json, /"startedAt":"2026-11-23T1[67]:\d\d:\d\d\.\d{3}Z"/);
      assert.doesNotMatch(json, /"(at|from|to|firstAt|openedAt)":1795/);
    });
  });
}

test('run 07: the verdict names agent, cause and time; the others are only affected', () => {
  const report = reports.get('07-linkdown-permanent')!;
  assert.match(
    report.verdict,
    /failed because agent-4 was lost: the host stopped answering \(16:58:\d\d UTC/,
  );
  assert.deepEqual(
    report.agents.filter(one => one.state === 'failed').map(one => one.agent),
    ['agent-4'],
  );
  assert.deepEqual(report.complaints.about, ['agent-4']);
  const last = report.first?.own?.lines.findLast(line => line.at <= report.first!.incident.openedAt);
  assert.equal(last?.text, 'Starting execution (120s duration, 4 concurrent workers)...');
  assert.equal(report.comparison?.rows[0]?.good, 'completed');
  assert.match(report.summary[1]!, /^What to do: see whether node4 can be reached at all/);
  const added = report.comparison?.lines?.new.map(one => one.template) ?? [];
  assert.ok(added.includes('Agent state transition: Running → Aborting (abort RPC received)'));
  assert.ok(!added.includes('Control reader: Stream ended (controller disconnected)'), 'healthy runs end so');
});

test('run 11: an agent that never wrote a line has its row and lane', () => {
  const report = reports.get('11-agent-not-started')!;
  assert.deepEqual(report.run.agents, ['agent-1', 'agent-2', 'agent-3', 'agent-4']);
  assert.equal(report.agents.find(one => one.agent === 'agent-3')?.ended, 'no line in this run');
  assert.equal(report.chart.lanes.find(one => one.name === 'agent-3')?.outages.length, 1);
  assert.match(report.summary[1]!, /deadair preflight agent-3/);
});

test('run 01: a clean run has a good verdict, no outage and no accused', () => {
  const report = reports.get('01-baseline-mixed-8')!;
  assert.equal(report.state, 'good');
  assert.equal(report.first, undefined);
  assert.deepEqual(report.outages, []);
  assert.ok(report.agents.every(one => one.state === 'good'));
});
