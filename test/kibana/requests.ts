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
  query: object;
  aggs: Record<string, object>;
  /** Columns in the order of nesting: buckets, then figures. */
  buckets: { id: string; column: LensColumn }[];
  figures: { id: string; column: LensColumn }[];
}

/** The aggregations of a Lens chart, nested as Lens nests them (form_based/to_expression.ts). */
export function lensRequest(lens: SavedObject): LensRequest {
  const { state } = lens.attributes as {
    state: {
      query: { query: string };
      datasourceStates: { formBased: { layers: Record<string, LensLayer> } };
    };
  };
  const [layer] = Object.values(state.datasourceStates.formBased.layers) as [LensLayer];
  const columns = layer.columnOrder.map(id => ({ id, column: layer.columns[id]! }));
  const buckets = columns.filter(({ column }) => column.isBucketed);
  const figures = columns.filter(({ column }) => !column.isBucketed);
  const metrics = Object.fromEntries(
    figures.flatMap(({ id, column }) =>
      column.operationType === 'max' || column.operationType === 'min'
        ? [[id, { [column.operationType]: { field: column.sourceField } }]]
        : [],
    ),
  );
  let aggs: Record<string, object> = metrics;
  // A figure that orders a bucket is asked for at its level, too.
  for (const { id, column } of buckets.toReversed())
    aggs = Object.assign({ [id]: { ...bucketAggregation(column, layer), aggs } }, metrics);
  return { query: kqlToDsl(parseKql(state.query.query)), aggs, buckets, figures };
}

function bucketAggregation(column: LensColumn, layer: LensLayer): object {
  if (column.operationType === 'date_histogram')
    return { date_histogram: { field: column.sourceField, fixed_interval: '10s', min_doc_count: 1 } };
  if (column.operationType !== 'terms') throw new Error(`${column.operationType} is no bucket`);
  const { orderBy, orderDirection, size, missingBucket } = column.params;
  const by = layer.columns[orderBy.columnId]!.operationType === 'count' ? '_count' : orderBy.columnId;
  return {
    terms: {
      field: column.sourceField,
      size,
      order: { [by]: orderDirection },
      ...(missingBucket ? { missing: '__missing__' } : {}),
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
      const values = request.figures.map(({ id, column }) =>
        column.operationType === 'count' ? level.doc_count : (level[id] as { value: number | null }).value,
      );
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
          if (column.operationType === 'count') return members.length;
          const values = members.flatMap(member => {
            const value = member[column.sourceField];
            return value === undefined
              ? []
              : [column.dataType === 'date' ? Math.floor(Date.parse(String(value))) : Number(value)];
          });
          return values.length === 0
            ? null
            : (column.operationType === 'min' ? Math.min : Math.max)(...values);
        }),
      ].join('|'),
    )
    .sort();
}

/** Of each combination of the buckets before, those that a bucket of one value keeps: the earliest. */
export function onlyFirst(
  request: LensRequest,
  documents: Record<string, unknown>[],
): Record<string, unknown>[] {
  const at = request.buckets.findIndex(
    ({ column }) => column.operationType === 'terms' && column.params.size === 1,
  );
  if (at < 0) return documents;
  const before = request.buckets.slice(0, at).map(({ column }) => column.sourceField);
  const first = new Map<string, Record<string, unknown>>();
  for (const document of documents) {
    const key = before.map(field => String(document[field])).join('|');
    const known = first.get(key);
    // Of two at once Elasticsearch takes the one whose value comes first.
    const order = (one: Record<string, unknown>) =>
      `${one['@timestamp']} ${one[request.buckets[at]!.column.sourceField]}`;
    if (!known || order(document) < order(known)) first.set(key, document);
  }
  return [...first.values()];
}

function bucketKeys(column: LensColumn, document: Record<string, unknown>): string[] {
  const value = document[column.sourceField];
  if (column.operationType === 'date_histogram')
    return value === undefined ? [] : [String(Math.floor(Date.parse(String(value)) / 10_000) * 10_000)];
  if (value === undefined || (Array.isArray(value) && value.length === 0))
    return column.operationType === 'terms' && column.params.missingBucket ? ['__missing__'] : [];
  return (Array.isArray(value) ? value : [value]).map(String);
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
