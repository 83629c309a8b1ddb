import { IDS } from '../../src/kibana/ids.js';
import { defined } from '../../src/platform/defined.js';
import { kuery, type SavedObject, savedObject } from '../saved-object.js';
import { tagReference, viewReference } from './common.js';

/** A column of a Lens layer: a bucket (time, terms) or a figure (count, max). */
export interface Column {
  id: string;
  dataType: 'date' | 'string' | 'number';
  isBucketed: boolean;
  label: string;
  customLabel: boolean;
  operationType: 'date_histogram' | 'terms' | 'count' | 'max' | 'min';
  scale: 'interval' | 'ordinal' | 'ratio';
  sourceField: string;
  params: Record<string, unknown>;
}

export function overTime(id: string, field = '@timestamp'): Column {
  return {
    id,
    dataType: 'date',
    isBucketed: true,
    label: field,
    customLabel: false,
    operationType: 'date_histogram',
    scale: 'interval',
    sourceField: field,
    params: { dropPartials: false, includeEmptyRows: true, interval: 'auto' },
  };
}

/** @param by the figure that decides which values come first */
export function topValues(
  id: string,
  field: string,
  label: string,
  options: { size: number; by: string; order?: 'asc' | 'desc'; missing?: boolean },
): Column {
  return {
    id,
    dataType: 'string',
    isBucketed: true,
    label,
    customLabel: true,
    operationType: 'terms',
    scale: 'ordinal',
    sourceField: field,
    params: {
      exclude: [],
      excludeIsRegex: false,
      include: [],
      includeIsRegex: false,
      missingBucket: options.missing ?? false,
      orderBy: { columnId: options.by, type: 'column' },
      orderDirection: options.order ?? 'desc',
      otherBucket: options.missing ?? false,
      parentFormat: { id: 'terms' },
      secondaryFields: [],
      size: options.size,
    },
  };
}

/** @param zero none is told as 0, not as nothing */
export function count(id: string, label: string, zero = false): Column {
  return figure(id, 'count', '___records___', label, 'number', !zero);
}

export function latest(id: string, field: string, label: string): Column {
  return figure(id, 'max', field, label, 'date');
}

export function earliest(id: string, field: string, label: string): Column {
  return figure(id, 'min', field, label, 'date');
}

export function highest(id: string, field: string, label: string): Column {
  return figure(id, 'max', field, label, 'number');
}

function figure(
  id: string,
  operationType: 'count' | 'max' | 'min',
  sourceField: string,
  label: string,
  dataType: 'number' | 'date',
  emptyAsNull = true,
): Column {
  return {
    id,
    dataType,
    isBucketed: false,
    label,
    customLabel: true,
    operationType,
    scale: 'ratio',
    sourceField,
    params: { emptyAsNull },
  };
}

interface Panel {
  id: string;
  title: string;
  description: string;
  view: keyof typeof IDS.views;
  query?: string;
  columns: Column[];
}

/** Bars: time or values below, one figure high, split by colour. */
export function bars(
  panel: Panel & {
    x: string;
    figure: string;
    split?: string;
    series: 'bar_stacked' | 'bar_horizontal_stacked' | 'area_stacked';
  },
): SavedObject {
  const layerId = `${panel.id}-layer`;
  return lens(panel, 'lnsXY', {
    axisTitlesVisibilitySettings: { x: false, yLeft: true, yRight: true },
    fittingFunction: 'None',
    gridlinesVisibilitySettings: { x: false, yLeft: true, yRight: true },
    labelsOrientation: { x: 0, yLeft: 0, yRight: 0 },
    layers: [
      {
        accessors: [panel.figure],
        layerId,
        layerType: 'data',
        palette: { name: 'default', type: 'palette' },
        seriesType: panel.series,
        ...defined({ splitAccessor: panel.split }),
        xAccessor: panel.x,
        yConfig: [{ axisMode: 'left', forAccessor: panel.figure }],
      },
    ],
    legend: { isVisible: true, maxLines: 1, position: 'right', shouldTruncate: true, showSingleSeries: true },
    preferredSeriesType: panel.series,
    tickLabelsVisibilitySettings: { x: true, yLeft: true, yRight: true },
    valueLabels: 'hide',
    yLeftExtent: { mode: 'full' },
    yLeftScale: 'linear',
    yRightScale: 'linear',
  });
}

export function table(panel: Panel & { sort: { column: string; direction: 'asc' | 'desc' } }): SavedObject {
  return lens(panel, 'lnsDatatable', {
    columns: panel.columns.map(({ id }) => ({ columnId: id, isTransposed: false })),
    layerId: `${panel.id}-layer`,
    layerType: 'data',
    sorting: { columnId: panel.sort.column, direction: panel.sort.direction },
    paging: { enabled: true, size: 20 },
  });
}

/** One figure, large. @param color of its tile */
export function tile(panel: Omit<Panel, 'columns'> & { label: string; color: string }): SavedObject {
  return lens({ ...panel, columns: [count('figure', panel.label, true)] }, 'lnsMetric', {
    color: panel.color,
    layerId: `${panel.id}-layer`,
    layerType: 'data',
    metricAccessor: 'figure',
  });
}

function lens(panel: Panel, visualizationType: string, visualization: unknown): SavedObject {
  const layerId = `${panel.id}-layer`;
  const columns = Object.fromEntries(panel.columns.map(({ id, ...column }) => [id, column]));
  return savedObject(
    'lens',
    panel.id,
    {
      title: `Deadair: ${panel.title}`,
      description: panel.description,
      visualizationType,
      state: {
        adHocDataViews: {},
        datasourceStates: {
          formBased: {
            layers: {
              [layerId]: {
                columnOrder: panel.columns.map(({ id }) => id),
                columns,
                ignoreGlobalFilters: false,
                incompleteColumns: {},
                sampling: 1,
              },
            },
          },
          indexpattern: { layers: {} },
          textBased: { layers: {} },
        },
        filters: [],
        internalReferences: [],
        query: kuery(panel.query),
        visualization,
      },
    },
    [viewReference(`indexpattern-datasource-layer-${layerId}`, IDS.views[panel.view]), tagReference],
  );
}
