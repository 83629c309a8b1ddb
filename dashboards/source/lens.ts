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
  operationType: 'date_histogram' | 'terms' | 'count' | 'unique_count' | 'max' | 'min';
  scale: 'interval' | 'ordinal' | 'ratio';
  sourceField: string;
  params: Record<string, unknown>;
  /** Of a figure: what alone it is made of. */
  filter?: ReturnType<typeof kuery>;
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

/** @param options `by`: the figure that decides which values come first; `only`, `without`: values that are, or are not, shown */
export function topValues(
  id: string,
  field: string,
  label: string,
  options: {
    size: number;
    by: string;
    order?: 'asc' | 'desc';
    missing?: boolean;
    only?: string[];
    without?: string[];
  },
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
      exclude: options.without ?? [],
      excludeIsRegex: false,
      include: options.only ?? [],
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

/** How many values of a field there are. */
export function distinct(id: string, field: string, label: string): Column {
  return figure(id, 'unique_count', field, label, 'number');
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
  operationType: 'count' | 'unique_count' | 'max' | 'min',
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
  /** Controls and what is typed into the dashboard are about lines: this panel is not, and has no query of its own. Its time stays. */
  apart?: boolean;
}

/** What is drawn: time or values below, one figure high, split by colour. */
interface Drawn {
  x: string;
  figure: string;
  split?: string;
}

/** A second layer over the bars, of another view, with an axis of its own on the right. */
export interface Overlay extends Drawn {
  id: string;
  view: keyof typeof IDS.views;
  columns: Column[];
}

/** Bars: time or values below, one figure high, split by colour. */
export function bars(
  panel: Panel &
    Drawn & {
      series: 'bar_stacked' | 'bar_horizontal_stacked' | 'area_stacked';
      over?: Overlay;
    },
): SavedObject {
  const layer = (
    id: string,
    { x, figure, split }: Drawn,
    seriesType: string,
    axisMode: 'left' | 'right',
  ) => ({
    accessors: [figure],
    layerId: `${id}-layer`,
    layerType: 'data',
    palette: { name: 'default', type: 'palette' },
    seriesType,
    ...defined({ splitAccessor: split }),
    xAccessor: x,
    yConfig: [{ axisMode, forAccessor: figure }],
  });
  return lens(panel, 'lnsXY', {
    axisTitlesVisibilitySettings: { x: false, yLeft: true, yRight: true },
    fittingFunction: 'None',
    gridlinesVisibilitySettings: { x: false, yLeft: true, yRight: true },
    labelsOrientation: { x: 0, yLeft: 0, yRight: 0 },
    layers: [
      layer(panel.id, panel, panel.series, 'left'),
      ...(panel.over ? [layer(panel.over.id, panel.over, 'line', 'right')] : []),
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
export function tile({
  query,
  ...panel
}: Omit<Panel, 'columns'> & { label: string; color: string }): SavedObject {
  // The figure's own filter: the chart's is a global one, which a panel that stands apart does not see.
  const figure = {
    ...count('figure', panel.label, true),
    ...(query === undefined ? {} : { filter: kuery(query) }),
  };
  return lens({ ...panel, apart: true, columns: [figure] }, 'lnsMetric', {
    color: panel.color,
    layerId: `${panel.id}-layer`,
    layerType: 'data',
    metricAccessor: 'figure',
  });
}

function lens(
  panel: Panel & { over?: Overlay },
  visualizationType: string,
  visualization: unknown,
): SavedObject {
  const layers = [{ ...panel, ignored: panel.apart ?? false }];
  // What lies over the bars is not about lines.
  if (panel.over) layers.push({ ...panel, ...panel.over, ignored: true });
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
            layers: Object.fromEntries(
              layers.map(({ id, columns, ignored }) => [`${id}-layer`, formLayer(columns, ignored)]),
            ),
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
    [
      ...layers.map(({ id, view }) =>
        viewReference(`indexpattern-datasource-layer-${id}-layer`, IDS.views[view]),
      ),
      tagReference,
    ],
  );
}

function formLayer(columns: readonly Column[], ignoreGlobalFilters: boolean): object {
  return {
    columnOrder: columns.map(({ id }) => id),
    columns: Object.fromEntries(columns.map(({ id, ...column }) => [id, column])),
    ignoreGlobalFilters,
    incompleteColumns: {},
    sampling: 1,
  };
}
