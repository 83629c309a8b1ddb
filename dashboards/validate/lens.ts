import type { ObjectCheck } from './check.js';
import { LensLayer, MetricVisualization, TableVisualization, XyVisualization } from './lens-state.js';

interface LensAttributes {
  visualizationType: string;
  state: {
    query: { query: string };
    visualization: unknown;
    datasourceStates: { formBased: { layers: Record<string, unknown> } };
  };
}

/** A Lens chart: its layers' columns against their data views' fields, and what is drawn against the columns. */
export function checkLens(check: ObjectCheck): void {
  const { state, visualizationType } = check.object.attributes as unknown as LensAttributes;
  const { query } = state.query;
  const layers = new Map<string, LensLayer>();
  const given = Object.entries(state.datasourceStates.formBased.layers);
  if (given.length === 0) check.fail('it has no layer');
  for (const [id, raw] of given) {
    const layer = check.parsed('layer', JSON.stringify(raw), LensLayer);
    const view = check.reference(`indexpattern-datasource-layer-${id}`, 'index-pattern');
    const fields = check.fields(view);
    // It is asked of all layers, but of none that ignores what is global.
    check.query(query, fields);
    if (!layer) continue;
    if (query !== '' && layer.ignoreGlobalFilters)
      check.fail(`the layer ${id} ignores global filters, and the chart's own query is one`);
    checkColumns(check, layer, fields);
    layers.set(id, layer);
  }
  if (layers.size === given.length) checkDrawn(check, visualizationType, state.visualization, layers);
}

function checkColumns(check: ObjectCheck, layer: LensLayer, fields: ReturnType<ObjectCheck['fields']>): void {
  const ids = Object.keys(layer.columns);
  if ([...layer.columnOrder].sort().join() !== ids.sort().join())
    check.fail('columnOrder does not hold the columns, each once');
  let figureSeen = false;
  for (const id of layer.columnOrder) {
    const column = layer.columns[id];
    if (!column) continue;
    if (column.isBucketed && figureSeen) check.fail(`the bucket ${id} stands behind a figure`);
    figureSeen ||= !column.isBucketed;
    if (!column.isBucketed && column.filter) check.query(column.filter.query, fields);
    const field = fields?.get(column.sourceField);
    if (column.sourceField !== '___records___') {
      if (fields && !field?.aggregatable)
        check.fail(`${id} counts by ${column.sourceField}, which can't be counted by`);
      const isDate = /^date/.test(field?.type ?? '');
      const countsValues = column.operationType === 'terms' || column.operationType === 'unique_count';
      if (field && !countsValues && isDate !== (column.dataType === 'date'))
        check.fail(`${id} takes ${column.sourceField} for a ${column.dataType}, but it is a ${field.type}`);
      if (
        field &&
        (column.operationType === 'max' || column.operationType === 'min') &&
        !isDate &&
        !/^(long|double|float|integer)$/.test(field.type)
      )
        check.fail(
          `${id} wants the ${column.operationType} of ${column.sourceField}, which is a ${field.type}`,
        );
    }
    if (column.operationType === 'terms') {
      const by = layer.columns[column.params.orderBy.columnId];
      if (!by || by.isBucketed)
        check.fail(`${id} is ordered by ${column.params.orderBy.columnId}, which is no figure`);
    }
  }
}

function checkDrawn(
  check: ObjectCheck,
  type: string,
  visualization: unknown,
  layers: ReadonlyMap<string, LensLayer>,
): void {
  const text = JSON.stringify(visualization);
  const columnsOf = (layerId: string): string[] => {
    const layer = layers.get(layerId);
    if (!layer) check.fail(`the visualization draws the layer ${layerId}, which is not there`);
    return Object.keys(layer?.columns ?? {});
  };
  const has = (ids: readonly string[], id: string | undefined, where: string) => {
    if (id !== undefined && !ids.includes(id)) check.fail(`${where} names ${id}, which is no column`);
  };
  if (type === 'lnsXY') {
    const drawn = check.parsed('visualization', text, XyVisualization);
    const shown = drawn?.layers ?? [];
    for (const one of shown) {
      const ids = columnsOf(one.layerId);
      has(ids, one.xAccessor, 'xAccessor');
      has(ids, one.splitAccessor, 'splitAccessor');
      for (const id of one.accessors) has(ids, id, 'accessors');
      for (const { forAccessor } of one.yConfig) has(ids, forAccessor, 'yConfig');
      const used = [one.xAccessor, one.splitAccessor, ...one.accessors];
      for (const id of ids) if (!used.includes(id)) check.fail(`the column ${id} is not drawn`);
    }
    for (const id of layers.keys())
      if (drawn && !shown.some(one => one.layerId === id)) check.fail(`the layer ${id} is not drawn`);
    return;
  }
  if (layers.size !== 1) check.fail(`it has ${layers.size} layers, not one`);
  if (type === 'lnsMetric') {
    const drawn = check.parsed('visualization', text, MetricVisualization);
    if (!drawn) return;
    const ids = columnsOf(drawn.layerId);
    has(ids, drawn.metricAccessor, 'the figure');
    if (ids.length !== 1) check.fail('a figure alone has one column');
  } else {
    const drawn = check.parsed('visualization', text, TableVisualization);
    if (!drawn) return;
    const ids = columnsOf(drawn.layerId);
    for (const { columnId } of drawn.columns) has(ids, columnId, 'the table');
    has(ids, drawn.sorting.columnId, 'the sorting');
    for (const id of ids)
      if (!drawn.columns.some(column => column.columnId === id))
        check.fail(`the column ${id} is not in the table`);
  }
}
