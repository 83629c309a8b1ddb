import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { IDS } from '../../src/kibana/ids.js';
import { kqlFields, parseKql } from '../../src/kibana/kql.js';
import { KibanaLinks } from '../../src/kibana/links.js';
import { rison } from '../../src/wording/kibana-state.js';
import { kqlQuoted } from '../../src/wording/kql-quoted.js';
import fc from '../property.js';
import { readRison } from './rison.js';

const FROM = Date.parse('2026-11-23T16:57:00Z');
const TO = Date.parse('2026-11-23T16:59:00Z');
const links = new KibanaLinks({ url: 'https://kibana.example/' });

/** What Kibana's router and state see of an address. */
function opened(address: string): { route: string; g: Record<string, unknown>; a: Record<string, unknown> } {
  const { hash } = new URL(address);
  const [route, query = ''] = hash.slice(1).split('?');
  const part = (name: string) => {
    const found = query.split('&').find(one => one.startsWith(`${name}=`));
    return found === undefined
      ? {}
      : (readRison(decodeURIComponent(found.slice(name.length + 1))) as Record<string, unknown>);
  };
  return { route: route!, g: part('_g'), a: part('_a') };
}

describe('links into Kibana', () => {
  it('Rison keeps any value, whatever is in its strings', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), value => {
        const plain: unknown = JSON.parse(JSON.stringify(value));
        assert.deepEqual(readRison(rison(plain)), plain);
      }),
      { numRuns: 2000 },
    );
  });

  it('Discover opens with time, agents and data view, whatever agents are called', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, maxLength: 30, unit: 'binary' }), agent => {
        const address = links.lines({ from: FROM, to: TO, agents: [agent, 'agent-2'] });
        assert.equal(new URL(address).origin, 'https://kibana.example');
        const { route, g, a } = opened(address);
        assert.equal(route, '/');
        assert.deepEqual(g.time, { from: '2026-11-23T16:57:00.000Z', to: '2026-11-23T16:59:00.000Z' });
        assert.deepEqual(a.dataSource, { dataViewId: IDS.views.lines, type: 'dataView' });
        const query = parseKql((a.query as { query: string }).query);
        assert.deepEqual(query.kind === 'or' && query.parts.map(part => part.kind === 'is' && part.value), [
          agent,
          'agent-2',
        ]);
      }),
      { numRuns: 500 },
    );
  });

  it('surrounding documents name the data view and the id of the document', () => {
    const { route, a } = opened(links.surrounding('01JD:8192'));
    assert.equal(decodeURIComponent(route), `/context/${IDS.views.lines}/01JD:8192`);
    assert.deepEqual(a.predecessorCount, 25);
  });

  it('the file around a line is sorted by offset and cut to what is near', () => {
    const { a, g } = opened(links.file('01JD:100000', FROM));
    assert.deepEqual(a.sort, [['deadair.offset', 'asc']]);
    const kql = (a.query as { query: string }).query;
    assert.equal(kql, 'deadair.source : "01JD" and deadair.offset >= 34464 and deadair.offset < 165536');
    assert.deepEqual(kqlFields(parseKql(kql)), ['deadair.source', 'deadair.offset', 'deadair.offset']);
    assert.deepEqual(g.time, { from: '2026-11-22T16:57:00.000Z', to: '2026-11-24T16:57:00.000Z' });
  });

  it('a run opens the session made for it, and a space stands in the path', () => {
    const inSpace = new KibanaLinks({ url: 'https://kibana.example', space: 'load tests' });
    const address = inSpace.run({ from: FROM, to: TO });
    assert.ok(
      address.startsWith('https://kibana.example/s/load%20tests/app/discover#/view/deadair-session-run?'),
    );
    assert.deepEqual((opened(address).a.query as { query: string }).query, '');
    assert.match(
      links.overview({ from: FROM, to: TO }),
      /app\/dashboards#\/view\/deadair-run-overview\?_g=\(time:/,
    );
  });
});

describe('the subset of KQL', () => {
  const table: [string, unknown][] = [
    ['', { kind: 'all' }],
    ['a.b : *', { kind: 'exists', field: 'a.b' }],
    ['a : x*', { kind: 'is', field: 'a', value: 'x*', quoted: false }],
    ['a : "x \\" y"', { kind: 'is', field: 'a', value: 'x " y', quoted: true }],
    ['n >= 5', { kind: 'range', field: 'n', operator: 'gte', value: '5' }],
    [
      'not a : (x or y) and b : z',
      {
        kind: 'and',
        parts: [
          {
            kind: 'not',
            part: {
              kind: 'or',
              parts: [
                { kind: 'is', field: 'a', value: 'x', quoted: false },
                { kind: 'is', field: 'a', value: 'y', quoted: false },
              ],
            },
          },
          { kind: 'is', field: 'b', value: 'z', quoted: false },
        ],
      },
    ],
  ];
  for (const [text, tree] of table)
    it(`reads ${text || 'nothing'}`, () => assert.deepEqual(parseKql(text), tree));

  for (const wrong of [
    'a',
    'a :',
    'a : b c',
    ': b',
    'a : (b',
    'a = b',
    'a : "b',
    'a { b : c }',
    'a* : b',
    'and',
    '(a : b',
  ])
    it(`refuses ${wrong}`, () => assert.throws(() => parseKql(wrong), /KQL/));

  it('a quoted value comes back as it was', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), value => {
        assert.deepEqual(parseKql(`a : ${kqlQuoted(value)}`), {
          kind: 'is',
          field: 'a',
          value,
          quoted: true,
        });
      }),
      { numRuns: 1000 },
    );
  });
});
