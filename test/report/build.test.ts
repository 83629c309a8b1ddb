import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Mark } from '../../src/model/finding.js';
import type { Incident } from '../../src/model/incident.js';
import { buildPostMortem } from '../../src/report/build.js';
import { complaintMatrix } from '../../src/report/complaints.js';
import { renderHtml } from '../../src/report/html.js';
import type { PostMortemInputs } from '../../src/report/inputs.js';
import { renderMarkdown } from '../../src/report/markdown.js';
import { phasesOf } from '../../src/report/phases.js';

const T = Date.parse('2026-11-23T12:00:00Z');

function inputs(changes: Partial<PostMortemInputs> = {}): PostMortemInputs {
  return {
    generatedAt: T + 100_000,
    run: {
      id: 'r',
      name: 'nightly',
      startedAt: T,
      endedAt: T + 60_000,
      outcome: 'failed',
      startedBy: 'hand',
      controller: 'controller',
      agents: ['a-1', 'a-2', 'a-3'],
      pinned: false,
    },
    span: { from: T - 10_000, to: T + 90_000 },
    incidents: [],
    marks: [],
    agents: [],
    interval: 1000,
    clocks: [],
    gaps: [],
    excerpts: [],
    settings: {},
    ...changes,
  };
}

function incident(changes: Partial<Incident> = {}): Incident {
  return {
    id: 'I',
    kind: 'agent-lost',
    subjects: ['a-2'],
    cause: 'crashed',
    severity: 'critical',
    startedAt: T + 20_000,
    openedAt: T + 21_000,
    explanation: 'The process of a-2 died.',
    evidence: [],
    consequences: [],
    updatedAt: T + 21_000,
    ...changes,
  };
}

function mark(agent: string, at: number, changes: Partial<Mark> = {}): Mark {
  return {
    seq: 1,
    agent,
    host: agent,
    path: `/logs/${agent}.log`,
    source: 'S',
    offset: at - T,
    time: at,
    observedAt: at,
    ingestedAt: at,
    level: 0,
    text: 'text',
    class: 'none',
    rule: 'p/r',
    ...changes,
  };
}

const verdicts: [string, Partial<PostMortemInputs>, RegExp][] = [
  [
    'a failed run',
    { incidents: [incident()] },
    /^Run nightly failed because a-2 was lost: its process died \(12:00:20 UTC, 20 s into the run\)\.$/,
  ],
  [
    'a run that ended all the same',
    { incidents: [incident()], run: { ...inputs().run, outcome: 'completed' } },
    /^Run nightly ended, but a-2 was lost/,
  ],
  [
    'a failure nobody can explain',
    {},
    /failed, and neither logs nor heartbeats show a fault of a host or its network\.$/,
  ],
  ['an interrupted run', { run: { ...inputs().run, outcome: 'interrupted' } }, /was interrupted/],
  [
    'an earlier warning does not take the place of the critical fault',
    {
      incidents: [
        incident({ id: 'W', kind: 'clock-skew', subjects: ['a-1'], severity: 'warning', startedAt: T }),
        incident(),
      ],
    },
    /because a-2 was lost/,
  ],
];
for (const [what, changes, expected] of verdicts)
  test(`the verdict of ${what}`, () => assert.match(buildPostMortem(inputs(changes)).verdict, expected));

test('a run that has not ended is under way', () => {
  const { endedAt: _, outcome: __, ...run } = inputs().run;
  const report = buildPostMortem(inputs({ run }));
  assert.equal(report.state, 'running');
  assert.match(report.verdict, /under way, and nothing is wrong so far/);
});

test('nothing of a log can become markup, and no secret is left', () => {
  const nasty = '<script>alert(1)</script> ``` | password=hunter22 </details>';
  const evidence = [{ at: T, by: '<b>x</b>', role: 'cause' as const, text: nasty }];
  const report = buildPostMortem(
    inputs({
      run: { ...inputs().run, name: nasty, agents: ['<i>'] },
      incidents: [incident({ subjects: ['<i>'], explanation: nasty, evidence, consequences: evidence })],
      agents: [
        { agent: '<i>', host: '"h"', paths: [nasty], lines: 1, warnings: 0, errors: 0, activity: [1] },
      ],
      gaps: [
        {
          source: 'S',
          agent: '<i>',
          host: 'h',
          path: nasty,
          from: 1,
          to: null,
          reason: 'rotated-away',
          at: T,
        },
      ],
    }),
  );
  const html = renderHtml(report);
  assert.doesNotMatch(html, /<(script|b|i)>/);
  const markdown = renderMarkdown(report);
  assert.doesNotMatch(markdown, /^\|.*<script/m);
  for (const text of [html, markdown, JSON.stringify(report)]) assert.ok(!text.includes('hunter22'));
});

test('missing bytes are said with their number and place', () => {
  const gap = {
    source: 'S',
    agent: 'a-1',
    host: 'h',
    path: '/l',
    from: 100,
    to: 350,
    reason: 'rotated-away' as const,
    at: T,
  };
  const report = buildPostMortem(inputs({ gaps: [gap, { ...gap, agent: 'a-2', to: null }] }));
  assert.equal(
    report.missing.sentence,
    '250 bytes of a-1 and a-2 are missing in 2 gaps, and of some it is not known how many.',
  );
});

test('an outage that is not resolved lasts at least to the end of what is seen', () => {
  const report = buildPostMortem(
    inputs({ incidents: [incident(), incident({ id: 'J', subjects: ['a-1'], resolvedAt: T + 30_000 })] }),
  );
  assert.deepEqual(
    report.outages.map(one => [one.subject, one.to, one.durationMs]),
    [
      ['a-1', T + 30_000, 10_000],
      ['a-2', undefined, 70_000],
    ],
  );
});

test('times of a host whose clock is surely off are corrected, others are left alone', () => {
  const started = (agent: string) => mark(agent, T + 5_000, { event: 'agent.started', timeKind: 'own' });
  const report = buildPostMortem(
    inputs({
      marks: [started('a-1'), started('a-2')],
      clocks: [
        { agent: 'a-1', host: 'h', offsetMs: 4_000, plusMinusMs: 5 },
        { agent: 'a-2', host: 'h', offsetMs: 4, plusMinusMs: 5 },
      ],
    }),
  );
  const from = (name: string) => report.chart.lanes.find(one => one.name === name)?.phases[0]?.from;
  assert.equal(from('a-1'), T + 1_000);
  assert.equal(from('a-2'), T + 5_000);
  assert.match(report.summary.join(' '), /The clock of a-1 is off by more than a second/);
});

test('an agent that works on after the run ended is shown so, the others become idle', () => {
  const report = buildPostMortem(
    inputs({
      marks: [
        mark('a-1', T + 1_000, { event: 'agent.started' }),
        mark('a-2', T + 1_000, { event: 'agent.started' }),
        mark('a-2', T + 50_000, { event: 'agent.aborted' }),
      ],
    }),
  );
  const phases = (name: string) =>
    report.chart.lanes.find(one => one.name === name)?.phases.map(one => one.phase);
  assert.deepEqual(phases('a-1'), ['working']);
  assert.deepEqual(phases('a-2'), ['working', 'aborted', 'idle']);
});

test('what a program prints while it tidies up begins no new phase', () => {
  const marks = ['agent.started', 'agent.aborted', 'agent.idle', 'controller.lost', 'agent.started'].map(
    (event, i) => mark('a-1', T + i * 1000, { event }),
  );
  const phases = phasesOf(marks, one => one.time, T + 10_000);
  assert.deepEqual(
    phases.map(one => one.phase),
    ['working', 'aborted', 'working'],
  );
  assert.equal(phases.at(-1)?.to, T + 10_000);
});

test('the complaint matrix counts who names whom, never oneself, and reads the pattern', () => {
  const fault = (by: string, agent: string) => mark(by, T, { class: 'disconnect', fields: { agent } });
  const agents = ['a-1', 'a-2', 'a-3'];
  const one = complaintMatrix(
    [fault('controller', 'a-2'), fault('a-1', 'a-2'), fault('a-2', 'a-2'), fault('a-1', 'nobody')],
    agents,
    'controller',
  );
  assert.deepEqual([one.by, one.about, one.counts], [['a-1', 'controller'], ['a-2'], [[1], [1]]]);
  assert.match(one.reading!, /point at a-2: it is the bad host/);
  const all = complaintMatrix(
    agents.map(name => fault('controller', name)),
    agents,
    'controller',
  );
  assert.match(all.reading!, /network or a switch/);
  const lost = complaintMatrix(
    agents.map(name => mark(name, T, { event: 'controller.lost' })),
    agents,
    'controller',
  );
  assert.match(lost.reading!, /3 agents complain about the controller/);
  assert.equal(complaintMatrix([], agents, 'controller').reading, undefined);
});

test('where Kibana is used, the run and each line of the first evidence lead there', () => {
  const report = buildPostMortem(
    inputs({
      incidents: [
        incident({
          evidence: [{ at: T + 20_000, by: 'a-1', role: 'symptom', text: 'gone', record: 'SOURCE:42' }],
        }),
      ],
      kibana: { run: () => "http://k/#(a:'b')", surrounding: record => `http://k/#/context/${record}` },
    }),
  );
  const html = renderHtml(report);
  assert.match(html, /<a href="http:\/\/k\/#\(a:&#39;b&#39;\)">All lines of this run in Kibana<\/a>/);
  assert.match(html, /gone <a href="http:\/\/k\/#\/context\/SOURCE:42">in Kibana<\/a>/);
  assert.match(renderMarkdown(report), /\[All lines of this run in Kibana\]\(<http:\/\/k\/#\(a:'b'\)>\)/);
  assert.doesNotMatch(renderHtml(buildPostMortem(inputs())), /Kibana/);
});

test('what people did stands in the post-mortem, in order, without secrets and as text', () => {
  const report = buildPostMortem(
    inputs({
      incidents: [incident()],
      care: [
        { incident: 'I', at: T + 40_000, by: 'bob', did: 'closed' },
        {
          incident: 'I',
          at: T + 30_000,
          by: 'ann',
          did: 'noted',
          text: '<b>pulled</b> password=hunter22secret',
        },
        { incident: 'I', at: T + 25_000, by: 'ann', did: 'acknowledged' },
      ],
    }),
  );
  const html = renderHtml(report);
  const markdown = renderMarkdown(report);
  assert.match(markdown, /## What people did[\s\S]*ann[^\n]*acknowledged[\s\S]*pulled[\s\S]*bob[^\n]*closed/);
  for (const text of [html, markdown]) assert.doesNotMatch(text, /hunter22secret/);
  assert.match(html, /&lt;b&gt;pulled/);
  assert.doesNotMatch(renderMarkdown(buildPostMortem(inputs())), /What people did/);
});
