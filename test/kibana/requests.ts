import type { SavedObject } from '../../dashboards/saved-object.js';
import type { LensColumn, LensLayer } from '../../dashboards/validate/lens-state.js';
import type { Kql } from '../../src/kibana/kql.js';
import { parseKql } from '../../src/kibana/kql.js';

/** What Kibana sends to Elasticsearch for KQL (kbn-es-query, node functions is, exists, range). */
export function kqlToDsl(query: Kql): object {
  switch (query.kind) {
    case 'all':
      return { match_all: {} };
    case 'and':
      return { bool: { filter: query.parts.map(kqlToDsl) } };
    case 'or':
      return { bool: { should: query.parts.map(kqlToDsl), minimum_should_match: 1 } };
    case 'not':
      return { bool: { must_not: kqlToDsl(query.part) } };
    case 'exists':
      return { exists: { field: query.field } };
    case 'range':
      return { range: { [query.field]: { [query.operator]: query.value } } };
    case 'is':
      if (!query.quoted && query.value.includes('*'))
        return { query_string: { fields: [query.field], query: query.value } };
      return query.quoted
        ? { match_phrase: { [query.field]: query.value } }
        : { match: { [query.field]: query.value } };
  }
}

/** The same query asked of one document, by its fields' dotted names; for expectations that owe Elasticsearch nothing. */
export function kqlMatches(query: Kql, document: Record<string, unknown>): boolean {
  switch (query.kind) {
    case 'all':
      return true;
    case 'and':
      return query.parts.every(part => kqlMatches(part, document));
    case 'or':
      return query.parts.some(part => kqlMatches(part, document));
    case 'not':
      return !kqlMatches(query.part, document);
    default:
  }
  const found = document[query.field];
  const values = found === undefined ? [] : Array.isArray(found) ? found : [found];
  if (query.kind === 'exists') return values.length > 0;
  if (query.kind === 'range') {
    const limit = Number(query.value);
    const compare = {
      gt: (value: number) => value > limit,
      gte: (value: number) => value >= limit,
      lt: (value: number) => value < limit,
      lte: (value: number) => value <= limit,
    };
    return values.some(value => compare[query.operator](Number(value)));
  }
  if (query.quoted || !query.value.includes('*')) return values.some(value => String(value) === query.value);
  const pattern = query.value.replace(/[.+?^${}()|[\]\\]/g, '\\$&').replaceAll('*', '.*');
  return values.some(value => new RegExp(`^${pattern}$`).test(String(value)));
}

export interface LensRequest {
  /** Id of the data view it is asked of. */
  view: string;
  query: object;
  /** The chart's own, as text; a layer that ignores global filters is not asked it. */
  kql: string;
  aggs: Record<string, object>;
  /** Columns in the order of nesting: buckets, then figures. */
  buckets: { id: string; column: LensColumn }[];
  figures: { id: string; column: LensColumn }[];
}

/** What a Lens chart asks, layer by layer, in the order in which they are drawn: aggregations nested as Lens nests them (form_based/to_expression.ts). */
export function lensRequests(lens: SavedObject): LensRequest[] {
  const { state } = lens.attributes as {
    state: {
      query: { query: string };
      datasourceStates: { formBased: { layers: Record<string, LensLayer> } };
    };
  };
  return Object.entries(state.datasourceStates.formBased.layers).map(([id, layer]) => {
    const reference = lens.references.find(({ name }) => name === `indexpattern-datasource-layer-${id}`);
    return requestOf(layer, layer.ignoreGlobalFilters ? '' : state.query.query, reference!.id);
  });
}

function requestOf(layer: LensLayer, kql: string, view: string): LensRequest {
  const columns = layer.columnOrder.map(id => ({ id, column: layer.columns[id]! }));
  const buckets = columns.filter(({ column }) => column.isBucketed);
  const figures = columns.filter(({ column }) => !column.isBucketed);
  const metrics = Object.fromEntries(
    figures.flatMap(({ id, column }): [string, object][] => {
      switch (column.operationType) {
        case 'max':
        case 'min':
          return [[id, { [column.operationType]: { field: column.sourceField } }]];
        case 'unique_count':
          return [[id, { cardinality: { field: column.sourceField } }]];
        case 'count':
          return column.filter ? [[id, { filter: kqlToDsl(parseKql(column.filter.query)) }]] : [];
        default:
          return [];
      }
    }),
  );
  let aggs: Record<string, object> = metrics;
  // A figure that orders a bucket is asked for at its level, too.
  for (const { id, column } of buckets.toReversed())
    aggs = Object.assign({ [id]: { ...bucketAggregation(column, layer), aggs } }, metrics);
  return { view, query: kqlToDsl(parseKql(kql)), kql, aggs, buckets, figures };
}

function bucketAggregation(column: LensColumn, layer: LensLayer): object {
  if (column.operationType === 'date_histogram')
    return { date_histogram: { field: column.sourceField, fixed_interval: '10s', min_doc_count: 1 } };
  if (column.operationType !== 'terms') throw new Error(`${column.operationType} is no bucket`);
  const { orderBy, orderDirection, size, missingBucket, include, exclude } = column.params;
  const by = layer.columns[orderBy.columnId]!.operationType === 'count' ? '_count' : orderBy.columnId;
  return {
    terms: {
      field: column.sourceField,
      size,
      order: { [by]: orderDirection },
      ...(missingBucket ? { missing: '__missing__' } : {}),
      ...(include.length > 0 ? { include } : {}),
      ...(exclude.length > 0 ? { exclude } : {}),
    },
  };
}

interface Bucket {
  key: string | number;
  doc_count: number;
  [aggregation: string]: unknown;
}

/** Rows of a chart as text, `bucket|bucket|figure`, sorted: what is compared. */
export function lensRows(request: LensRequest, aggregations: Record<string, unknown>): string[] {
  const rows: string[] = [];
  const walk = (level: Record<string, unknown>, depth: number, path: string[]): void => {
    const bucket = request.buckets[depth];
    if (!bucket) {
      const values = request.figures.map(({ id, column }) => {
        if (column.operationType !== 'count') return (level[id] as { value: number | null }).value;
        return column.filter ? (level[id] as { doc_count: number }).doc_count : level.doc_count;
      });
      rows.push([...path, ...values].join('|'));
      return;
    }
    for (const one of (level[bucket.id] as { buckets: Bucket[] }).buckets)
      walk(one, depth + 1, [...path, String(one.key)]);
  };
  walk(aggregations, 0, []);
  return rows.sort();
}

/** The same rows from documents alone. */
export function expectedRows(request: LensRequest, documents: Record<string, unknown>[]): string[] {
  const groups = new Map<string, Record<string, unknown>[]>(request.buckets.length === 0 ? [['', []]] : []);
  for (const document of documents) {
    let keys: string[][] = [[]];
    for (const { column } of request.buckets)
      keys = keys.flatMap(key => bucketKeys(column, document).map(one => [...key, one]));
    for (const key of keys) groups.set(key.join('|'), [...(groups.get(key.join('|')) ?? []), document]);
  }
  return [...groups]
    .map(([key, members]) =>
      [
        ...(request.buckets.length === 0 ? [] : [key]),
        ...request.figures.map(({ column }) => {
          if (column.operationType === 'count') {
            const kql = parseKql(column.filter?.query ?? '');
            return members.filter(member => kqlMatches(kql, member)).length;
          }
          if (column.operationType === 'unique_count')
            return new Set(members.flatMap(member => member[column.sourceField] ?? [])).size;
          return extreme(column, members);
        }),
      ].join('|'),
    )
    .sort();
}

/** A date is read to the millisecond, as Elasticsearch's figures are. */
function extreme(column: LensColumn, members: readonly Record<string, unknown>[]): number | null {
  const values = members.flatMap(member => {
    const value = member[column.sourceField];
    if (value === undefined) return [];
    return [column.dataType === 'date' ? Math.floor(Date.parse(String(value))) : Number(value)];
  });
  if (values.length === 0) return null;
  return (column.operationType === 'min' ? Math.min : Math.max)(...values);
}

/** Of each combination of the buckets before, what a bucket of so many values keeps: the documents whose values its figure puts first. */
export function onlyFirst(
  request: LensRequest,
  documents: Record<string, unknown>[],
): Record<string, unknown>[] {
  let kept = documents;
  request.buckets.forEach(({ column }, at) => {
    if (column.operationType !== 'terms') return;
    const { orderBy, orderDirection, include, exclude, size } = column.params;
    const by = request.figures.find(({ id }) => id === orderBy.columnId)!.column;
    const before = request.buckets.slice(0, at).map(bucket => bucket.column.sourceField);
    const groups = new Map<string, Map<string, Record<string, unknown>[]>>();
    for (const document of kept) {
      const value = String(document[column.sourceField] ?? '');
      if ((include.length > 0 && !include.includes(value)) || exclude.includes(value)) continue;
      const key = before.map(field => String(document[field])).join('|');
      const values = groups.get(key) ?? new Map<string, Record<string, unknown>[]>();
      groups.set(key, values);
      values.set(value, [...(values.get(value) ?? []), document]);
    }
    kept = [...groups.values()].flatMap(values => {
      const ranked = [...values].map(([value, members]) => ({
        value,
        members,
        at: by.operationType === 'count' ? members.length : (extreme(by, members) ?? 0),
      }));
      // Of two at once Elasticsearch takes the one whose value comes first.
      ranked.sort(
        (a, b) => (orderDirection === 'asc' ? a.at - b.at : b.at - a.at) || (a.value < b.value ? -1 : 1),
      );
      return ranked.slice(0, size).flatMap(({ members }) => members);
    });
  });
  return kept;
}

function bucketKeys(column: LensColumn, document: Record<string, unknown>): string[] {
  const value = document[column.sourceField];
  if (column.operationType === 'date_histogram')
    return value === undefined ? [] : [String(Math.floor(Date.parse(String(value)) / 10_000) * 10_000)];
  if (value === undefined || (Array.isArray(value) && value.length === 0))
    return column.operationType === 'terms' && column.params.missingBucket ? ['__missing__'] : [];
  const values = (Array.isArray(value) ? value : [value]).map(String);
  if (column.operationType !== 'terms') return values;
  const { include, exclude } = column.params;
  return values.filter(one => (include.length === 0 || include.includes(one)) && !exclude.includes(one));
}

/** `{a: {b: 1}}` as `{'a.b': 1}`. */
export function flatten(value: object, prefix = ''): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(value).flatMap(([key, part]) =>
      part !== null && typeof part === 'object' && !Array.isArray(part)
        ? Object.entries(flatten(part as object, `${prefix}${key}.`))
        : part === undefined
          ? []
          : [[`${prefix}${key}`, part]],
    ),
  );
}
