import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { LEVELS, RecordFlag, TIME_KINDS } from '../../src/model/vocabulary.js';
import { packageRoot } from '../../src/platform/package-root.js';
import { BatchText } from '../../src/records/batch-text.js';
import { isoMicros } from '../../src/records/ecs.js';
import { logRow } from '../../src/records/log-row.js';
import { SourceParser } from '../../src/records/parser.js';
import { LINE_FORMATS } from './table/index.js';
import { formatsPage } from './table/page.js';

const OBSERVED = Date.UTC(2026, 10, 30);
const SOURCE = { id: '0'.repeat(26), agent: 'a', host: 'h', path: '/logs/a.log' };

for (const [kind, formats] of Object.entries(LINE_FORMATS))
  for (const format of formats)
    test(`${kind}: ${format.name} (${format.source})`, () => {
      const batch = new SourceParser().push(Buffer.from(`${format.line}\n`), 0, { observedAt: OBSERVED });
      const last = batch.count - 1;
      const text = new BatchText(batch);
      const line = logRow(text, last, { source: SOURCE, seq: 1, observedAt: OBSERVED, ingestedAt: OBSERVED });
      const own = batch.timeKinds[last] === TIME_KINDS.indexOf('own');
      assert.deepEqual(
        {
          time: own ? isoMicros(line.time) : null,
          level: LEVELS[batch.levels[last]!],
          text: text.message(last),
          assumed: own && (line.flags & RecordFlag.timeAssumed) !== 0,
          continuation: (line.flags & RecordFlag.continuation) !== 0,
          stream: line.stream,
          container: line.container,
        },
        {
          time: format.time,
          level: format.level,
          text: format.text,
          assumed: format.assumed ?? false,
          continuation: format.continuation ?? false,
          stream: format.stream,
          container: format.container,
        },
      );
    });

test('docs/reference/formats.md shows this table (npm run formats writes it)', () => {
  assert.equal(
    readFileSync(path.join(packageRoot, 'docs', 'reference', 'formats.md'), 'utf8'),
    formatsPage(),
  );
});
