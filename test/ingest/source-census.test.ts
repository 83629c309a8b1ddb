import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LineStage } from '../../src/ingest/line-stage.js';
import { SourceCensus } from '../../src/ingest/source-census.js';
import type { SourceDescriptor } from '../../src/wire/protocol.js';
import { bytes, frame, source } from './frames.js';

const described = (id: string): SourceDescriptor => source(id);

test('more logs than are kept apart are refused as a whole; known ones go on', () => {
  const census = new SourceCensus(3);
  const known = new Map([
    [described('a').id, 1],
    [described('b').id, 1],
  ]);
  census.admit([described('a'), described('c')], known, 0);
  assert.throws(() => census.admit([described('c'), described('d')], known, 0), { code: 'names.too-many' });
  census.admit([described('a'), described('b')], known, 0);
});

test('hosts invented one after the other: the service refuses beyond its limit, moves no position, and serves those it knows', () => {
  const stage = new LineStage({ maxRawBytes: 1024 * 1024, zone: 'UTC', packs: [] });
  const take = (id: string, host: string, from: number) =>
    stage.take({
      body: new Uint8Array(
        frame({ ...source(id), host, agent: `agent-${id}` }, bytes('line\nline\n'.slice(0, from + 5), from)),
      ),
      encoding: 'identity',
      ingestedAt: 1000,
    });
  take('first', 'honest', 0);
  let taken = 0;
  assert.throws(
    () => {
      for (; taken < 20_000; taken++) take(`s-${taken}`, `host-${taken}`, 0);
    },
    { code: 'names.too-many' },
  );
  assert.equal(taken, 9_999);
  assert.equal(take('first', 'honest', 5).outcomes[0]!.status, 'stored');
});
