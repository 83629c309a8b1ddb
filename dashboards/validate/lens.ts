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

/** A Lens chart: its layer's columns against the data view's fields, and what is drawn against the columns. */
export function checkLens(check: ObjectCheck): void {
  const { state, visualizationType } = check.object.attributes as unknown as LensAttributes;
  const layers = Object.entries(state.datasourceStates.formBased.layers);
  const [layerId, raw] = layers[0] ?? ['', {}];
  if (layers.length !== 1) check.fail(`it has ${layers.length} layers, not one`);
  const layer = check.parsed('layer', JSON.stringify(raw), LensLayer);
  const view = check.reference(`indexpattern-datasource-layer-${layerId}`, 'index-pattern');
  const fields = check.fields(view);
  check.query(state.query.query, fields);
  if (!layer) return;

  const ids = Object.keys(layer.columns);
  if ([...layer.columnOrder].sort().join() !== ids.sort().join())
    check.fail('columnOrder does not hold the columns, each once');
  let figureSeen = false;
  for (const id of layer.columnOrder) {
    const column = layer.columns[id];
    if (!column) continue;
    if (column.isBucketed && figureSeen) check.fail(`the bucket ${id} stands behind a figure`);
    figureSeen ||= !column.isBucketed;
    const field = fields?.get(column.sourceField);
    if (column.sourceField !== '___records___') {
      if (fields && !field?.aggregatable)
        check.fail(`${id} counts by ${column.sourceField}, which can't be counted by`);
      const isDate = /^date/.test(field?.type ?? '');
      if (field && column.operationType !== 'terms' && isDate !== (column.dataType === 'date'))
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
  const has = (id: string | undefined, where: string) => {
    if (id !== undefined && !ids.includes(id)) check.fail(`${where} names ${id}, which is no column`);
  };
  if (visualizationType === 'lnsXY') {
    const drawn = check.parsed('visualization', JSON.stringify(state.visualization), XyVisualization);
    for (const one of drawn?.layers ?? []) {
      if (one.layerId !== layerId)
        check.fail(`the visualization draws the layer ${one.layerId}, which is not there`);
      has(one.xAccessor, 'xAccessor');
      has(one.splitAccessor, 'splitAccessor');
      for (const id of one.accessors) has(id, 'accessors');
      for (const { forAccessor } of one.yConfig) has(forAccessor, 'yConfig');
      const used = [one.xAccessor, one.splitAccessor, ...one.accessors];
      for (const id of ids) if (!used.includes(id)) check.fail(`the column ${id} is not drawn`);
    }
  } else if (visualizationType === 'lnsMetric') {
    const drawn = check.parsed('visualization', JSON.stringify(state.visualization), MetricVisualization);
    if (!drawn) return;
    if (drawn.layerId !== layerId)
      check.fail(`the figure is of the layer ${drawn.layerId}, which is not there`);
    has(drawn.metricAccessor, 'the figure');
    if (ids.length !== 1) check.fail('a figure alone has one column');
  } else {
    const drawn = check.parsed('visualization', JSON.stringify(state.visualization), TableVisualization);
    if (!drawn) return;
    if (drawn.layerId !== layerId)
      check.fail(`the table shows the layer ${drawn.layerId}, which is not there`);
    for (const { columnId } of drawn.columns) has(columnId, 'the table');
    has(drawn.sorting.columnId, 'the sorting');
    for (const id of ids)
      if (!drawn.columns.some(column => column.columnId === id))
        check.fail(`the column ${id} is not in the table`);
  }
}
