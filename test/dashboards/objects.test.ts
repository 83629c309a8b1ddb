import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { allObjects } from '../../dashboards/objects.js';
import { type SavedObject, toNdjson } from '../../dashboards/saved-object.js';
import { validate } from '../../dashboards/validate/validate.js';
import { IDS } from '../../src/kibana/ids.js';

// biome-ignore lint/suspicious/noExplicitAny: defects are planted anywhere in the objects
type Loose = Record<string, any>;
const clone = (): (Omit<SavedObject, 'attributes'> & { attributes: Loose })[] =>
  structuredClone(allObjects());

/** One defect each, planted in what is shipped; the validator must name it. */
const DEFECTS: [string, (find: (id: string) => Loose, all: Loose[]) => void, RegExp][] = [
  ['unknown key of a session', find => set(find(IDS.sessions.run).attributes, 'tabs', []), /tabs/],
  ['unknown key of the dashboard', find => set(find(IDS.dashboard).attributes, 'sections', []), /sections/],
  ['unknown key of a data view', find => set(find(IDS.views.lines).attributes, 'kind', 'x'), /kind/],
  ['unknown key of the envelope', find => set(find(IDS.tag), 'originId', 'x'), /originId/],
  [
    'panels as objects, not text',
    find => {
      const { attributes } = find(IDS.dashboard);
      attributes.panelsJSON = JSON.parse(attributes.panelsJSON);
    },
    /panelsJSON/,
  ],
  [
    'search source as object, not text',
    find => set(find(IDS.sessions.run).attributes.kibanaSavedObjectMeta, 'searchSourceJSON', {}),
    /searchSourceJSON/,
  ],
  ['broken JSON inside', find => set(find(IDS.views.lines).attributes, 'fieldFormatMap', '{'), /no JSON/],
  [
    'inline data view',
    find =>
      inner(find(IDS.sessions.run).attributes.kibanaSavedObjectMeta, 'searchSourceJSON', source =>
        set(source, 'index', IDS.views.lines),
      ),
    /index/,
  ],
  [
    'no data view',
    find =>
      inner(
        find(IDS.sessions.run).attributes.kibanaSavedObjectMeta,
        'searchSourceJSON',
        source => void delete source.indexRefName,
      ),
    /no indexRefName|not used/,
  ],
  [
    'dangling reference',
    find => set(find(IDS.sessions.run).references[0], 'id', 'nowhere'),
    /not in the file/,
  ],
  [
    'reference of the wrong type',
    find =>
      set(find('deadair-volume').references, 0, {
        id: IDS.tag,
        name: 'indexpattern-datasource-layer-deadair-volume-layer',
        type: 'tag',
      }),
    /tag/,
  ],
  [
    'reference twice',
    find => {
      const { references } = find(IDS.sessions.run);
      references.push({ ...references[0] });
    },
    /twice/,
  ],
  [
    'reference nobody uses',
    find =>
      void find(IDS.sessions.run).references.push({ id: IDS.views.alerts, name: 'x', type: 'index-pattern' }),
    /not used/,
  ],
  [
    'panel reference without its prefix',
    find => {
      const [first] = find(IDS.dashboard).references;
      first.name = first.name.split(':')[1];
    },
    /no reference/,
  ],
  [
    'panel type differs from what it refers to',
    find => inner(find(IDS.dashboard).attributes, 'panelsJSON', panels => set(panels[1], 'type', 'search')),
    /refers to a lens/,
  ],
  [
    'a link to a dashboard that is not there',
    find =>
      inner(find('deadair-overview-head').attributes, 'visState', state =>
        set(state.params, 'markdown', '[away](#/view/nowhere)'),
      ),
    /leads nowhere/,
  ],
  [
    'a figure of no column',
    find => set(find('deadair-agents-lost').attributes.state.visualization, 'metricAccessor', 'lost'),
    /no column/,
  ],
  [
    'panels overlap',
    find => inner(find(IDS.dashboard).attributes, 'panelsJSON', panels => set(panels[1].gridData, 'x', 8)),
    /overlap/,
  ],
  [
    'panel off the grid',
    find => inner(find(IDS.dashboard).attributes, 'panelsJSON', panels => set(panels[0].gridData, 'w', 49)),
    /48|beyond/,
  ],
  [
    'panel index twice',
    find =>
      inner(find(IDS.dashboard).attributes, 'panelsJSON', panels => {
        panels[1].panelIndex = panels[0].panelIndex;
        panels[1].gridData.i = panels[0].panelIndex;
      }),
    /two panels/,
  ],
  [
    'grid index differs',
    find => inner(find(IDS.dashboard).attributes, 'panelsJSON', panels => set(panels[0].gridData, 'i', 'x')),
    /gridData\.i/,
  ],
  ['time restored but not given', find => void delete find(IDS.dashboard).attributes.timeFrom, /timeRestore/],
  [
    'control without a reference',
    find => {
      const dashboard = find(IDS.dashboard);
      dashboard.references = dashboard.references.filter(
        (one: Loose) => !one.name.startsWith('controlGroup_'),
      );
    },
    /no reference/,
  ],
  [
    'control on a field that is not there',
    find =>
      inner(find(IDS.dashboard).attributes.controlGroupInput, 'panelsJSON', controls =>
        set(controls['control-agent'].explicitInput, 'fieldName', 'agent.name'),
      ),
    /can't be listed/,
  ],
  [
    'control that calls itself otherwise',
    find =>
      inner(find(IDS.dashboard).attributes.controlGroupInput, 'panelsJSON', controls =>
        set(controls['control-agent'].explicitInput, 'id', 'x'),
      ),
    /calls itself/,
  ],
  ['layer reference missing', find => void find('deadair-volume').references.shift(), /no reference/],
  ['columnOrder incomplete', find => void layer(find('deadair-volume')).columnOrder.pop(), /columnOrder/],
  [
    'bucket behind a figure',
    find => void layer(find('deadair-volume')).columnOrder.reverse(),
    /behind a figure/,
  ],
  [
    'ordered by a bucket',
    find => set(layer(find('deadair-volume')).columns.agent.params.orderBy, 'columnId', 'time'),
    /no figure/,
  ],
  [
    'more values than Lens takes',
    find => set(layer(find('deadair-last-sign')).columns.agent.params, 'size', 1001),
    /1000/,
  ],
  [
    'count of a field',
    find => set(layer(find('deadair-volume')).columns.lines, 'sourceField', 'message'),
    /___records___/,
  ],
  [
    'operation Lens does not have',
    find => set(layer(find('deadair-volume')).columns.lines, 'operationType', 'tally'),
    /operationType|Invalid/,
  ],
  [
    'terms of a text',
    find => set(layer(find('deadair-volume')).columns.agent, 'sourceField', 'message'),
    /can't be counted/,
  ],
  [
    'date taken for a number',
    find => set(layer(find('deadair-last-sign')).columns.seen, 'dataType', 'number'),
    /takes deadair\.last_seen/,
  ],
  [
    'highest of a keyword',
    find => set(layer(find('deadair-last-sign')).columns.lag, 'sourceField', 'deadair.state'),
    /the max of/,
  ],
  [
    'axis names no column',
    find => set(drawn(find('deadair-volume')).layers[0], 'accessors', ['x']),
    /no column/,
  ],
  [
    'drawn layer is not there',
    find => set(drawn(find('deadair-volume')).layers[0], 'layerId', 'x'),
    /not there/,
  ],
  [
    'table without one of its columns',
    find => void drawn(find('deadair-last-sign')).columns.pop(),
    /not in the table/,
  ],
  [
    'table sorted by no column',
    find => set(drawn(find('deadair-last-sign')).sorting, 'columnId', 'x'),
    /no column/,
  ],
  [
    'typeMigrationVersion missing',
    find => void delete find(IDS.views.lines).typeMigrationVersion,
    /typeMigrationVersion/,
  ],
  [
    'typeMigrationVersion of a newer Kibana',
    find => set(find(IDS.dashboard), 'typeMigrationVersion', '10.3.0'),
    /10\.3\.0/,
  ],
  [
    'core version of another Kibana',
    find => set(find(IDS.tag), 'coreMigrationVersion', '9.0.0'),
    /coreMigrationVersion/,
  ],
  ['marked as managed', find => set(find(IDS.tag), 'managed', true), /managed/],
  ['same id twice', (find, all) => void all.push(structuredClone(find(IDS.tag))), /twice/],
  [
    'tag reference of another name',
    find => {
      const session = find(IDS.sessions.run);
      session.references.find((one: Loose) => one.type === 'tag').name = 'tag';
    },
    /tag-ref-/,
  ],
  ['colour that is none', find => set(find(IDS.tag).attributes, 'color', 'blue'), /color/],
  [
    'saved query on a field that is not there',
    find => set(find('deadair-query-timeouts').attributes.query, 'query', 'deadair.fault.class : timeout'),
    /can't be searched/,
  ],
  [
    'saved query that is no KQL',
    find => set(find('deadair-query-timeouts').attributes.query, 'query', 'deadair.class = timeout'),
    /KQL/,
  ],
  [
    'query on a field that is not indexed',
    find => set(find('deadair-query-timeouts').attributes.query, 'query', 'deadair.raw : x'),
    /can't be searched/,
  ],
  [
    'column that is no field',
    find => void find(IDS.sessions.incidents).attributes.columns.push('incident.kind'),
    /incident\.kind/,
  ],
  [
    'time column named',
    find => void find(IDS.sessions.run).attributes.columns.unshift('@timestamp'),
    /by Discover itself/,
  ],
  [
    'sorted by a text',
    find => set(find(IDS.sessions.run).attributes, 'sort', [['message', 'asc']]),
    /sorted by message/,
  ],
  [
    'sort in no direction',
    find => set(find(IDS.sessions.run).attributes, 'sort', [['@timestamp', 'up']]),
    /sort/,
  ],
  [
    'breakdown by a text',
    find => set(find(IDS.sessions.run).attributes, 'breakdownField', 'message'),
    /split by message/,
  ],
  [
    'data view of indices nobody makes',
    find => set(find(IDS.views.lines).attributes, 'title', 'logs-*'),
    /no template/,
  ],
  [
    'two patterns in a data view',
    find => set(find(IDS.views.lines).attributes, 'title', 'a,b'),
    /one pattern/,
  ],
  [
    'time field that is no date',
    find => set(find(IDS.views.lines).attributes, 'timeFieldName', 'agent.id'),
    /no date/,
  ],
  [
    'label of a field that is not there',
    find =>
      inner(find(IDS.views.lines).attributes, 'fieldAttrs', labels =>
        set(labels, 'log.nowhere', { customLabel: 'x' }),
      ),
    /log\.nowhere/,
  ],
  [
    'format Kibana does not have',
    find =>
      inner(find(IDS.views.lines).attributes, 'fieldFormatMap', formats =>
        set(formats['deadair.offset'], 'id', 'figure'),
      ),
    /fieldFormatMap/,
  ],
  [
    'runtime field that emits nothing',
    find =>
      inner(find(IDS.views.lines).attributes, 'runtimeFieldMap', fields =>
        set(fields['deadair.delay_ms'].script, 'source', 'return 1'),
      ),
    /emit/,
  ],
  [
    'a query of a chart whose layer would not be asked it',
    find => set(find('deadair-volume').attributes.state.query, 'query', 'message : x'),
    /ignores global filters/,
  ],
  [
    'a second layer that is not drawn',
    find => void drawn(find('deadair-volume')).layers.pop(),
    /the layer deadair-volume-incidents-layer is not drawn/,
  ],
  [
    "a figure's filter on a field nobody has",
    find => {
      const [figure] = Object.values<Loose>(layer(find('deadair-agents-lost')).columns);
      figure!.filter.query = 'deadair.stat : lost';
    },
    /asks deadair\.stat,/,
  ],
  [
    'a field in ES|QL that no index has',
    find =>
      inner(find(IDS.sessions.silent).attributes.kibanaSavedObjectMeta, 'searchSourceJSON', source =>
        set(source.query, 'esql', source.query.esql.replace('WHERE deadair.last_seen', 'WHERE deadair.last')),
      ),
    /names deadair\.last,/,
  ],
];

function inner(owner: Loose, member: string, change: (value: Loose) => void): void {
  const value = JSON.parse(owner[member]) as Loose;
  change(value);
  owner[member] = JSON.stringify(value);
}
function set(owner: Loose, member: string | number, value: unknown): void {
  owner[member] = value;
}
const layer = (lens: Loose): Loose =>
  Object.values<Loose>(lens.attributes.state.datasourceStates.formBased.layers)[0]!;
const drawn = (lens: Loose): Loose => lens.attributes.state.visualization;

describe('saved objects for Kibana', () => {
  it('what is shipped passes, and is what the source builds', () => {
    const built = toNdjson(allObjects());
    assert.deepEqual(validate(built), []);
    assert.equal(
      readFileSync('dashboards/deadair.ndjson', 'utf8'),
      built,
      'dashboards/deadair.ndjson is old: npm run kibana:build',
    );
  });

  it('holds everything the overview promises', () => {
    const ids = allObjects().map(({ type, id }) => `${type}:${id}`);
    for (const session of Object.values(IDS.sessions)) assert.ok(ids.includes(`search:${session}`), session);
    for (const view of Object.values(IDS.views)) assert.ok(ids.includes(`index-pattern:${view}`), view);
    assert.ok(ids.includes(`dashboard:${IDS.dashboard}`));
  });

  for (const [name, plant, expected] of DEFECTS)
    it(`the validator catches: ${name}`, () => {
      const all = clone();
      plant(id => all.find(object => object.id === id) as Loose, all as Loose[]);
      const problems = validate(all.map(object => `${JSON.stringify(object)}\n`).join(''));
      assert.notEqual(problems.length, 0, 'nothing was noticed');
      assert.match(problems.join('\n'), expected);
    });

  it('catches lines that are no JSON and a file without its last newline', () => {
    assert.match(validate('{').join('\n'), /line 1/);
    assert.match(validate(toNdjson(allObjects()).trimEnd()).join('\n'), /newline/);
  });
});
