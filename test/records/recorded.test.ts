import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { LEVELS, TIME_KINDS } from '../../src/model/vocabulary.js';
import { packageRoot } from '../../src/platform/package-root.js';
import { BatchText } from '../../src/records/batch-text.js';
import { flagNames, isoMicros } from '../../src/records/ecs.js';
import { SourceParser } from '../../src/records/parser.js';

// Logs of a recorded run of the real program (an agent whose link goes down). UPDATE_GOLDEN=1 rewrites what is expected.
const folder = path.join(packageRoot, 'test/records');

for (const name of ['sai3-bench-controller', 'sai3-bench-agent'])
  test(`${name}.log is read as it was judged by hand`, () => {
    const parser = new SourceParser();
    const bytes = readFileSync(path.join(folder, 'fixtures', `${name}.log`));
    const lines: string[] = [];
    const observedAt = Date.UTC(2026, 10, 23, 17);
    for (const batch of [parser.push(bytes, 0, { observedAt }), parser.finish({ observedAt })]) {
      const text = new BatchText(batch);
      for (let i = 0; i < batch.count; i++)
        lines.push(
          [
            TIME_KINDS[batch.timeKinds[i]!],
            isoMicros(batch.times[i]!),
            LEVELS[batch.levels[i]!],
            flagNames(batch.flags[i]!).join(',') || '-',
            text.message(i),
          ].join(' '),
        );
    }
    const golden = path.join(folder, 'golden', `${name}.txt`);
    const got = `${lines.join('\n')}\n`;
    if (process.env.UPDATE_GOLDEN) {
      mkdirSync(path.dirname(golden), { recursive: true });
      writeFileSync(golden, got);
    }
    assert.equal(got, readFileSync(golden, 'utf8'));
  });
