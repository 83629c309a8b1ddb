import { z } from 'zod';
import type { SavedObjectType } from '../saved-object.js';

/**
 * What Kibana's own schemas take, transcribed from elastic/kibana; unknown keys are forbidden everywhere. Kibana 8.9 to 9.x
 * agree on these forms (dashboards/saved-object.ts says which version of each type they are).
 */
const kuery = z.strictObject({ language: z.literal('kuery'), query: z.string() });
const title = z.string().min(1);
const json = z.string();
const refreshInterval = z.strictObject({ pause: z.boolean(), value: z.int().min(0) });

/** src/platform/plugins/shared/saved_search/server/saved_objects/schema_legacy.ts, SCHEMA_SEARCH_V8_8_0 */
const search = z.strictObject({
  title,
  description: z.string().optional(),
  columns: z.array(z.string()),
  sort: z.array(z.tuple([z.string(), z.enum(['asc', 'desc'])])),
  grid: z
    .strictObject({ columns: z.record(z.string(), z.strictObject({ width: z.number().positive() })) })
    .optional(),
  rowHeight: z.int().optional(),
  rowsPerPage: z.int().min(1).max(10_000).optional(),
  hideChart: z.boolean(),
  breakdownField: z.string().optional(),
  kibanaSavedObjectMeta: z.strictObject({ searchSourceJSON: json }),
  isTextBasedQuery: z.boolean(),
  usesAdHocDataView: z.literal(false),
  timeRestore: z.boolean(),
  timeRange: z.strictObject({ from: z.string(), to: z.string() }).optional(),
  refreshInterval: refreshInterval.optional(),
  viewMode: z.enum(['documents', 'patterns', 'aggregated']).optional(),
  hideAggregatedPreview: z.boolean().optional(),
});

/** src/platform/plugins/shared/dashboard/server/dashboard_saved_object/schema/v1/v1.ts */
const dashboard = z.strictObject({
  title,
  description: z.string(),
  kibanaSavedObjectMeta: z.strictObject({ searchSourceJSON: json }),
  timeRestore: z.boolean(),
  timeFrom: z.string().optional(),
  timeTo: z.string().optional(),
  refreshInterval: refreshInterval.optional(),
  controlGroupInput: z
    .strictObject({
      panelsJSON: json,
      controlStyle: z.enum(['oneLine', 'twoLine']),
      chainingSystem: z.enum(['HIERARCHICAL', 'NONE']),
      ignoreParentSettingsJSON: json,
    })
    .optional(),
  panelsJSON: json,
  optionsJSON: json,
  version: z.int().optional(),
});

/** src/platform/plugins/shared/data/server/saved_objects/schemas/query.ts, SCHEMA_QUERY_V8_8_0 */
const query = z.strictObject({
  title,
  description: z.string(),
  query: kuery,
  filters: z.array(z.never()),
  timefilter: z.strictObject({ from: z.string(), to: z.string() }).optional(),
});

/** x-pack/platform/plugins/shared/lens/server/content_management/v1/schema/common.ts, without `version` */
const lens = z.strictObject({
  title,
  description: z.string().optional(),
  visualizationType: z.enum(['lnsXY', 'lnsDatatable', 'lnsMetric']),
  state: z.strictObject({
    adHocDataViews: z.strictObject({}),
    datasourceStates: z.strictObject({
      formBased: z.strictObject({ layers: z.record(z.string(), z.unknown()) }),
      indexpattern: z.strictObject({ layers: z.strictObject({}) }),
      textBased: z.strictObject({ layers: z.strictObject({}) }),
    }),
    filters: z.array(z.never()),
    internalReferences: z.array(z.never()),
    query: kuery,
    visualization: z.record(z.string(), z.unknown()),
  }),
});

/** src/platform/plugins/shared/visualizations/server/content_management/schema; of its kinds only Markdown is used. */
const visualization = z.strictObject({
  title,
  description: z.string(),
  version: z.literal(1),
  visState: json,
  uiStateJSON: z.literal('{}'),
  kibanaSavedObjectMeta: z.strictObject({ searchSourceJSON: z.literal('{}') }),
});

/** src/platform/plugins/private/vis_types/markdown: what its renderer reads. */
export const MarkdownState = z.strictObject({
  title: z.string(),
  type: z.literal('markdown'),
  aggs: z.array(z.never()),
  params: z.strictObject({
    fontSize: z.int().min(8).max(36),
    openLinksInNewTab: z.boolean(),
    markdown: z.string().min(1),
  }),
});

/** src/platform/plugins/shared/data_views/server/saved_objects/schema.ts */
const indexPattern = z.strictObject({
  title: z.string().regex(/^[^\s,]+$/, 'one pattern without blanks'),
  name: title,
  timeFieldName: z.string().optional(),
  fields: json,
  fieldAttrs: json,
  fieldFormatMap: json,
  runtimeFieldMap: json,
  sourceFilters: json,
  typeMeta: json,
  allowNoIndex: z.boolean(),
});

/** x-pack/platform/plugins/shared/saved_objects_tagging: tag names have 2 to 50 characters. */
const tag = z.strictObject({
  name: z.string().min(2).max(50),
  description: z.string().max(100),
  color: z.string().regex(/^#[0-9A-Fa-f]{6}$/),
});

export const ATTRIBUTES: Record<SavedObjectType, z.ZodType> = {
  tag,
  'index-pattern': indexPattern,
  query,
  search,
  lens,
  visualization,
  dashboard,
};

/** Members that are JSON inside JSON. */
export const SearchSource = z.strictObject({
  filter: z.array(z.never()),
  highlightAll: z.boolean().optional(),
  indexRefName: z.string().optional(),
  query: z.union([kuery, z.strictObject({ esql: z.string().min(1) })]),
});

export const DashboardOptions = z.strictObject({
  hidePanelTitles: z.boolean(),
  syncColors: z.boolean(),
  syncCursor: z.boolean(),
  syncTooltips: z.boolean(),
  useMargins: z.boolean(),
});

export const Panels = z
  .array(
    z.strictObject({
      version: z.string(),
      type: z.enum(['lens', 'search', 'visualization']),
      gridData: z.strictObject({
        x: z.int().min(0),
        y: z.int().min(0),
        w: z.int().min(1).max(48),
        h: z.int().min(1),
        i: z.string(),
      }),
      panelIndex: z.string().min(1),
      embeddableConfig: z.strictObject({ enhancements: z.strictObject({}) }),
      panelRefName: z.string(),
    }),
  )
  .min(1);

export const Controls = z.record(
  z.string(),
  z.strictObject({
    explicitInput: z.strictObject({
      enhancements: z.strictObject({}),
      fieldName: z.string(),
      id: z.string(),
      selectedOptions: z.array(z.string()),
      title: z.string(),
    }),
    grow: z.boolean(),
    order: z.int().min(0),
    type: z.literal('optionsListControl'),
    width: z.enum(['small', 'medium', 'large']),
  }),
);

export const IgnoreSettings = z.strictObject({
  ignoreFilters: z.boolean(),
  ignoreQuery: z.boolean(),
  ignoreTimerange: z.boolean(),
  ignoreValidations: z.boolean(),
});

export const FieldLabels = z.record(z.string(), z.strictObject({ customLabel: z.string().min(1) }));

export const FieldFormats = z.record(
  z.string(),
  z.discriminatedUnion('id', [
    z.strictObject({ id: z.enum(['number', 'bytes']), params: z.strictObject({ pattern: z.string() }) }),
    z.strictObject({
      id: z.literal('duration'),
      params: z.strictObject({
        inputFormat: z.enum(['milliseconds', 'seconds', 'nanoseconds']),
        outputFormat: z.enum(['humanize', 'humanizePrecise', 'asSeconds']),
        outputPrecision: z.int().min(0).max(10),
        useShortSuffix: z.boolean(),
      }),
    }),
    z.strictObject({
      id: z.literal('url'),
      params: z.strictObject({
        type: z.literal('a'),
        urlTemplate: z.string().regex(/\{\{(value|rawValue)\}\}/),
        labelTemplate: z.string(),
      }),
    }),
  ]),
);

export const RuntimeFields = z.record(
  z.string(),
  z.strictObject({
    type: z.enum(['long', 'double', 'keyword', 'date', 'boolean', 'ip']),
    script: z.strictObject({ source: z.string().includes('emit(') }),
  }),
);
