import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { BulkLines, bodyOf } from '../../../src/store/elasticsearch/bulk-lines.js';
import fc from '../../property.js';

const line = fc.record({
  id: fc.nat().map(offset => `01HZZZZZZZZZZZZZZZZZZZZZZZ:${offset}`),
  message: fc.string({ unit: 'binary', maxLength: 200 }),
});

describe('lines of a bulk', () => {
  it('are sent as they were written, whole or some of them, and can be read again', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(line, fc.boolean()), { maxLength: 300 }), wanted => {
        const into = new BulkLines();
        const lines = wanted.map(([{ id, message }]) => into.add(id, JSON.stringify({ message })));
        for (const [i, [{ id, message }]] of wanted.entries()) {
          assert.equal(lines[i]!.id, id);
          assert.equal(lines[i]!.json, JSON.stringify({ message }));
        }
        for (const some of [wanted.map(() => true), wanted.map(([, kept]) => kept)]) {
          const sent = wanted
            .filter((_, i) => some[i])
            .map(([{ id, message }]) => [{ create: { _id: id } }, { message }]);
          const body = bodyOf(lines.filter((_, i) => some[i]));
          const read = body.toString().split('\n');
          assert.equal(read.pop(), '');
          assert.deepEqual(
            read.map(one => JSON.parse(one)),
            sent.flat(),
          );
          assert.equal(
            body.length,
            lines.reduce((sum, { bytes }, i) => sum + (some[i] ? bytes : 0), 0),
          );
        }
      }),
    );
  });

  it('may be longer than what is set aside for many', () => {
    const into = new BulkLines();
    const long = JSON.stringify({ message: 'ü'.repeat(1_000_000) });
    const lines = [into.add('a:0', '{}'), into.add('a:1', long), into.add('a:2', '{}')];
    assert.equal(lines[1]!.json, long);
    assert.equal(
      bodyOf(lines).toString(),
      lines.map(({ id, json }) => `{"create":{"_id":"${id}"}}\n${json}\n`).join(''),
    );
  });
});
