import { z } from 'zod';

/** x-pack/platform/plugins/shared/lens: datasources/form_based/types.ts and operations/definitions. */
const bucket = {
  isBucketed: z.literal(true),
  label: z.string().min(1),
  customLabel: z.boolean(),
  sourceField: z.string(),
};
const figure = {
  isBucketed: z.literal(false),
  label: z.string().min(1),
  customLabel: z.boolean(),
  scale: z.literal('ratio'),
  params: z.strictObject({ emptyAsNull: z.boolean() }),
  filter: z.strictObject({ language: z.literal('kuery'), query: z.string() }).optional(),
};

export const LensColumn = z.discriminatedUnion('operationType', [
  z.strictObject({
    ...bucket,
    operationType: z.literal('date_histogram'),
    dataType: z.literal('date'),
    scale: z.literal('interval'),
    params: z.strictObject({
      dropPartials: z.boolean(),
      includeEmptyRows: z.boolean(),
      interval: z.string().regex(/^(auto|\d*(ms|[smhdwMqy]))$/),
    }),
  }),
  z.strictObject({
    ...bucket,
    operationType: z.literal('terms'),
    dataType: z.enum(['string', 'number', 'ip', 'boolean']),
    scale: z.literal('ordinal'),
    params: z.strictObject({
      exclude: z.array(z.string()),
      excludeIsRegex: z.boolean(),
      include: z.array(z.string()),
      includeIsRegex: z.boolean(),
      missingBucket: z.boolean(),
      orderBy: z.strictObject({ columnId: z.string(), type: z.literal('column') }),
      orderDirection: z.enum(['asc', 'desc']),
      otherBucket: z.boolean(),
      parentFormat: z.strictObject({ id: z.literal('terms') }),
      secondaryFields: z.array(z.never()),
      // Lens takes at most a thousand values.
      size: z.int().min(1).max(1000),
    }),
  }),
  z.strictObject({
    ...figure,
    operationType: z.literal('count'),
    dataType: z.literal('number'),
    sourceField: z.literal('___records___'),
  }),
  z.strictObject({
    ...figure,
    operationType: z.literal('unique_count'),
    dataType: z.literal('number'),
    sourceField: z.string(),
  }),
  z.strictObject({
    ...figure,
    operationType: z.enum(['max', 'min']),
    dataType: z.enum(['number', 'date']),
    sourceField: z.string(),
  }),
]);
export type LensColumn = z.infer<typeof LensColumn>;

export const LensLayer = z.strictObject({
  columnOrder: z.array(z.string()).min(1),
  columns: z.record(z.string(), LensColumn),
  ignoreGlobalFilters: z.boolean(),
  incompleteColumns: z.strictObject({}),
  sampling: z.number().positive().max(1),
});
export type LensLayer = z.infer<typeof LensLayer>;

const sides = z.strictObject({ x: z.boolean(), yLeft: z.boolean(), yRight: z.boolean() });

export const XyVisualization = z.strictObject({
  axisTitlesVisibilitySettings: sides,
  fittingFunction: z.enum(['None', 'Zero', 'Linear']),
  gridlinesVisibilitySettings: sides,
  labelsOrientation: z.strictObject({ x: z.number(), yLeft: z.number(), yRight: z.number() }),
  layers: z
    .array(
      z.strictObject({
        accessors: z.array(z.string()).min(1),
        layerId: z.string(),
        layerType: z.literal('data'),
        palette: z.strictObject({ name: z.string(), type: z.literal('palette') }),
        seriesType: z.enum([
          'bar',
          'bar_stacked',
          'bar_horizontal',
          'bar_horizontal_stacked',
          'line',
          'area',
          'area_stacked',
        ]),
        splitAccessor: z.string().optional(),
        xAccessor: z.string(),
        yConfig: z.array(
          z.strictObject({ axisMode: z.enum(['left', 'right', 'auto']), forAccessor: z.string() }),
        ),
      }),
    )
    .min(1),
  legend: z.strictObject({
    isVisible: z.boolean(),
    maxLines: z.int(),
    position: z.enum(['top', 'right', 'bottom', 'left']),
    shouldTruncate: z.boolean(),
    showSingleSeries: z.boolean(),
  }),
  preferredSeriesType: z.string(),
  tickLabelsVisibilitySettings: sides,
  valueLabels: z.enum(['hide', 'show']),
  yLeftExtent: z.strictObject({ mode: z.enum(['full', 'dataBounds']) }),
  yLeftScale: z.enum(['linear', 'log', 'sqrt']),
  yRightScale: z.enum(['linear', 'log', 'sqrt']),
});

/** x-pack/platform/plugins/shared/lens/public/visualizations/metric/types.ts */
export const MetricVisualization = z.strictObject({
  layerId: z.string(),
  layerType: z.literal('data'),
  metricAccessor: z.string(),
  color: z.string().regex(/^#[0-9A-F]{6}$/),
  subtitle: z.string().optional(),
});

export const TableVisualization = z.strictObject({
  columns: z.array(z.strictObject({ columnId: z.string(), isTransposed: z.boolean() })).min(1),
  layerId: z.string(),
  layerType: z.literal('data'),
  sorting: z.strictObject({ columnId: z.string(), direction: z.enum(['asc', 'desc']) }),
  paging: z.strictObject({
    enabled: z.boolean(),
    size: z.union([z.literal(10), z.literal(20), z.literal(30), z.literal(50), z.literal(100)]),
  }),
});
