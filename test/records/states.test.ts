import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { LineDetector } from '../../src/detect/detector.js';
import { loadBuiltInPacks } from '../../src/detect/load.js';
import { marksOf } from '../../src/detect/marks.js';
import { RowMatcher } from '../../src/query/matcher.js';
import { parseQuery } from '../../src/query/parser.js';
import { BatchText } from '../../src/records/batch-text.js';
import { logRow } from '../../src/records/log-row.js';
import { SourceParser } from '../../src/records/parser.js';
import { earlierStates, judgedStates, searchedText } from '../../src/records/states.js';
import { displayText } from '../../src/records/text.js';
import fc from '../property.js';

const AT = Date.UTC(2026, 10, 30, 12);
const SOURCE = { id: '01J00000000000000000000000', agent: 'a', host: 'h', path: '/l.log' };
const COMMIT = { source: SOURCE, seq: 1, observedAt: AT, ingestedAt: AT };
const detector = new LineDetector(loadBuiltInPacks());

function read(text: string | Buffer) {
  const batch = new SourceParser().push(Buffer.from(text as string), 0, { observedAt: AT });
  detector.scan(batch);
  return { batch, text: new BatchText(batch) };
}

/** As pip, curl, wget, tqdm, docker and rsync write: each state over the last one, the newline at the end. */
const BAR = Array.from(
  { length: 400 },
  (_, i) => `${i / 4}%|${'█'.repeat(i / 10)}| ${i}/400 [00:0${i % 10}]`,
);

describe('a line with carriage returns', () => {
  const line = `${BAR.slice(0, 200).join('\r')}\rConnection to 10.0.0.7:7761 refused, retrying\r${BAR.slice(200).join('\r')}\n`;

  it('is found by every state, and shows the last one', () => {
    const { text, batch } = read(line);
    for (const [query, found] of [
      ['refused', true],
      ['"1/400"', true],
      ['"399/400"', true],
      ['/^Connection/', true],
      ['/retrying$/', true],
      ['not refused', false],
      ['"retrying 50"', false],
      ['10.0.0.7:7761', true],
    ] as const) {
      const matcher = new RowMatcher(parseQuery(query));
      assert.equal(matcher.matchesLine(text, 0, SOURCE), found, query);
      assert.equal(matcher.matchesRow(logRow(text, 0, COMMIT)), found, query);
    }
    assert.equal(batch.count, 1);
    assert.equal(text.display(0), BAR.at(-1));
  });

  it('is judged by every state, and its mark tells the one that was judged', () => {
    const { batch } = read(line);
    const [mark] = marksOf(batch, { ...SOURCE, source: SOURCE.id, observedAt: AT, ingestedAt: AT, seq: 1 });
    assert.equal(mark?.class, 'refused');
    assert.equal(mark?.text, 'Connection to 10.0.0.7:7761 refused, retrying');
    assert.equal(detector.explain(line)[0]?.rule.class, 'refused');
  });

  it('has a fault that a later state took back, and what its last state says before a mere recovery', () => {
    const faults = [
      'dial tcp 10.0.0.7:7761: connect: connection refused',
      'read tcp 10.0.0.7:80: i/o timeout',
    ];
    assert.equal(detector.classifyLine(`${faults.join('\r')}\rdone`)?.class, 'timeout');
    assert.equal(detector.classifyLine(`${faults[0]}\rconnection re-established`)?.class, 'refused');
  });

  it('has the time and level that only its first state tells', () => {
    const { batch } = read('2026-11-30 10:00:00 WARN fetching 1%\r 50%\r100%\nnext\n');
    assert.equal(batch.times[0], Date.UTC(2026, 10, 30, 10));
    assert.equal(batch.levels[0], 5);
  });

  it('searches a bounded text, with whatever is new', () => {
    const states = Array.from({ length: 50_000 }, (_, i) => `${i} of 50000 [${'#'.repeat(i % 40)}]`);
    states[49_000] = 'certificate has expired';
    const searched = searchedText(states.join('\r'));
    assert.ok(searched.length < 70_000, `${searched.length}`);
    assert.ok(searched.includes('certificate has expired'));
    assert.ok(searched.endsWith(states.at(-1)!));
    assert.ok(judgedStates(states.join('\r')).length < 5);
    const novel = Array.from(
      { length: 9000 },
      (_, i) => `${'word'.repeat(3)}${i.toString(36).replace(/\d/g, 'x')}y`,
    );
    assert.ok(searchedText(novel.join('\r')).length < 64 * 1024 + 256 * 1025 + 1024);
    assert.equal(judgedStates(novel.join('\r')).length, 64);
  });

  const state = fc.oneof(
    fc.string({ maxLength: 12 }),
    fc.constantFrom('', ' ', '\x1b[2K', '\x1b[31m50 %\x1b[0m', '\0', 'error: refused', '50 %'),
  );
  it('ends in what is shown, and is searched by its bytes as by its text', () => {
    fc.assert(
      fc.property(fc.array(state, { minLength: 1, maxLength: 8 }), states => {
        const raw = states.join('\r').replaceAll('\n', '');
        const searched = searchedText(raw);
        const end = displayText(raw);
        assert.ok(searched === end || searched.endsWith(`\r${end}`));
        assert.deepEqual(searched.split('\r'), raw.includes('\r') ? [...earlierStates(raw), end] : [end]);
        const { text } = read(`${raw}\n`);
        const row = logRow(text, 0, COMMIT);
        for (const query of ['refused', '"error refused"', '50', '/^50 %$/', '/%$/'])
          assert.equal(
            new RowMatcher(parseQuery(query)).matchesLine(text, 0, SOURCE),
            new RowMatcher(parseQuery(query)).matchesRow(row),
            `${query} ${JSON.stringify(raw)}`,
          );
      }),
    );
  });
});
