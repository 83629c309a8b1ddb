import { z } from 'zod';
import { kqlFields, parseKql } from '../../src/kibana/kql.js';
import { messageOf } from '../../src/platform/errors.js';
import { CORE_VERSION, type SavedObject, TYPE_VERSIONS } from '../saved-object.js';
import {
  ATTRIBUTES,
  FieldFormats,
  FieldLabels,
  MarkdownState,
  RuntimeFields,
  SearchSource,
} from './attributes.js';
import type { ObjectCheck } from './check.js';
import { checkDashboard } from './dashboard.js';
import { type Field, templateFields } from './fields.js';
import { checkLens } from './lens.js';

const Envelope = z.strictObject({
  attributes: z.record(z.string(), z.unknown()),
  coreMigrationVersion: z.literal(CORE_VERSION),
  id: z.string().regex(/^[a-z0-9-]+$/),
  managed: z.literal(false),
  references: z.array(z.strictObject({ id: z.string(), name: z.string(), type: z.string() })),
  type: z.enum(Object.keys(TYPE_VERSIONS) as [keyof typeof TYPE_VERSIONS]),
  typeMigrationVersion: z.string(),
});

/**
 * Holds a file of saved objects to what Kibana takes, and to what its queries will find: every field must be in the
 * templates of the indices the data view stands for.
 * @returns what is wrong, one sentence each; empty when all is well
 */
export function validate(ndjson: string): string[] {
  const problems: string[] = [];
  if (!ndjson.endsWith('\n')) problems.push('the file does not end in a newline');
  const objects = parseLines(ndjson, problems);
  const byKey = new Map<string, SavedObject>();
  for (const object of objects) {
    const key = `${object.type}:${object.id}`;
    if (byKey.has(key)) problems.push(`${key}: type and id twice; Kibana answers 400`);
    byKey.set(key, object);
  }
  const templates = templateFields();
  for (const object of objects) checkObject(object, byKey, templates, problems);
  return problems;
}

function parseLines(ndjson: string, problems: string[]): SavedObject[] {
  return ndjson
    .trimEnd()
    .split('\n')
    .flatMap((line, at) => {
      try {
        const parsed = Envelope.safeParse(JSON.parse(line));
        if (parsed.success) return [parsed.data as SavedObject];
        problems.push(...issues(`line ${at + 1}`, parsed.error));
      } catch (thrown) {
        problems.push(`line ${at + 1}: ${messageOf(thrown)}`);
      }
      return [];
    });
}

function checkObject(
  object: SavedObject,
  byKey: Map<string, SavedObject>,
  templates: Map<string, Map<string, Field>>,
  problems: string[],
): void {
  const key = `${object.type}:${object.id}`;
  const fail = (message: string) => problems.push(`${key}: ${message}`);
  const { typeMigrationVersion: version } = object;
  // Newer ones are refused by older Kibanas, older ones run migrations nobody has tried.
  if (version !== TYPE_VERSIONS[object.type])
    fail(`typeMigrationVersion is ${version}, not ${TYPE_VERSIONS[object.type]}`);
  const attributes = ATTRIBUTES[object.type].safeParse(object.attributes);
  if (!attributes.success) problems.push(...issues(key, attributes.error));

  const used = new Set<string>();
  for (const { name, type, id } of object.references) {
    if (object.references.filter(other => other.name === name).length > 1) fail(`reference ${name} twice`);
    if (!byKey.has(`${type}:${id}`)) fail(`${name} refers to ${type}:${id}, which is not in the file`);
    if (type === 'tag') {
      used.add(name);
      if (name !== `tag-ref-${id}`) fail(`a reference to a tag must be called tag-ref-${id}, not ${name}`);
    }
  }
  const check: ObjectCheck = {
    object,
    fail,
    parsed(label, text, schema) {
      if (typeof text !== 'string') return undefined;
      try {
        const parsed = schema.safeParse(JSON.parse(text));
        if (parsed.success) return parsed.data;
        problems.push(...issues(`${key} ${label}`, parsed.error));
      } catch (thrown) {
        fail(`${label} is no JSON: ${messageOf(thrown)}`);
      }
      return undefined;
    },
    reference(name, type) {
      used.add(name);
      const found = object.references.find(reference => reference.name === name);
      if (!found) fail(`there is no reference ${name}`);
      else if (found.type !== type) fail(`${name} refers to a ${found.type}, not a ${type}`);
      return found?.type === type ? found.id : undefined;
    },
    fields: view => viewFields(view, byKey, templates),
    pattern: title => templates.get(title),
    knows: (type, id) => byKey.has(`${type}:${id}`),
    query(kql, fields) {
      try {
        for (const field of kqlFields(parseKql(kql)))
          if (fields && !fields.get(field)?.searchable)
            fail(`the query asks ${field}, which can't be searched`);
      } catch (thrown) {
        fail(messageOf(thrown));
      }
    },
  };
  if (attributes.success) CHECKS[object.type]?.(check);
  for (const { name } of object.references) if (!used.has(name)) fail(`the reference ${name} is not used`);
}

const CHECKS: Partial<Record<SavedObject['type'], (check: ObjectCheck) => void>> = {
  'index-pattern': checkView,
  query: checkSavedQuery,
  search: checkSession,
  lens: checkLens,
  visualization: checkMarkdown,
  dashboard: checkDashboard,
};

/** A text; its links go to objects of ours or to the page. */
function checkMarkdown(check: ObjectCheck): void {
  const { visState } = check.object.attributes as { visState: string };
  const state = check.parsed('visState', visState, MarkdownState);
  for (const [, target = ''] of state?.params.markdown.matchAll(/\]\(([^)]*)\)/g) ?? []) {
    const id = /^#\/view\/([a-z0-9-]+)$/.exec(target)?.[1];
    // The importer has put the page's real address there.
    if (id !== undefined ? !check.knows('dashboard', id) : !/^https?:\/\//.test(target))
      check.fail(`the link to ${target} leads nowhere`);
  }
}

function checkView(check: ObjectCheck): void {
  const { attributes, id } = check.object;
  const fields = check.fields(id);
  if (!fields) {
    check.fail(`no template makes indices for ${String(attributes.title)}`);
    return;
  }
  check.parsed('fields', attributes.fields, z.array(z.never()));
  check.parsed('sourceFilters', attributes.sourceFilters, z.array(z.never()));
  check.parsed('typeMeta', attributes.typeMeta, z.strictObject({}));
  const labels = check.parsed('fieldAttrs', attributes.fieldAttrs, FieldLabels) ?? {};
  const formats = check.parsed('fieldFormatMap', attributes.fieldFormatMap, FieldFormats) ?? {};
  check.parsed('runtimeFieldMap', attributes.runtimeFieldMap, RuntimeFields);
  for (const field of [...Object.keys(labels), ...Object.keys(formats)])
    if (!fields.has(field)) check.fail(`it has a label or format for ${field}, which its indices don't have`);
  const { timeFieldName } = attributes;
  if (timeFieldName !== undefined && !/^date/.test(fields.get(String(timeFieldName))?.type ?? ''))
    check.fail(`the time field ${String(timeFieldName)} is no date`);
}

/** Saved queries are for the view of lines. */
function checkSavedQuery(check: ObjectCheck): void {
  const { query } = check.object.attributes as { query: { query: string } };
  check.query(query.query, check.fields('deadair-lines'));
}

function checkSession(check: ObjectCheck): void {
  const attributes = check.object.attributes as {
    kibanaSavedObjectMeta: { searchSourceJSON: string };
    columns: string[];
    sort: [string, string][];
    breakdownField?: string;
    grid?: { columns: Record<string, unknown> };
  };
  const source = check.parsed(
    'searchSourceJSON',
    attributes.kibanaSavedObjectMeta.searchSourceJSON,
    SearchSource,
  );
  if (!source) return;
  const { query } = source;
  if ('esql' in query !== check.object.attributes.isTextBasedQuery)
    check.fail('isTextBasedQuery does not say which language its query is');
  if ('esql' in query) {
    checkEsql(check, query.esql, attributes.columns);
    return;
  }
  if (source.indexRefName === undefined) {
    check.fail('it has no indexRefName, so no data view');
    return;
  }
  const fields = check.fields(check.reference(source.indexRefName, 'index-pattern'));
  check.query(query.query, fields);
  for (const column of attributes.columns)
    if (fields && !fields.has(column)) check.fail(`there is no field for the column ${column}`);
  for (const column of Object.keys(attributes.grid?.columns ?? {}))
    if (!attributes.columns.includes(column)) check.fail(`a width is set for ${column}, which is no column`);
  if (attributes.columns.includes('@timestamp')) check.fail('the time column is added by Discover itself');
  for (const [field] of attributes.sort)
    if (fields && !fields.get(field)?.aggregatable) check.fail(`it can't be sorted by ${field}`);
  if (attributes.breakdownField && fields && !fields.get(attributes.breakdownField)?.aggregatable)
    check.fail(`its histogram can't be split by ${attributes.breakdownField}`);
}

/**
 * ES|QL is not parsed: what is checked is that it asks an index pattern of ours, that every name in it is a field of that, one of
 * its own EVALs, or one of the few words it is made of, and that it keeps the columns that are shown.
 */
function checkEsql(check: ObjectCheck, esql: string, columns: readonly string[]): void {
  const title = /^FROM ([^\s|]+)\n/.exec(esql)?.[1];
  const fields = title === undefined ? undefined : check.pattern(title);
  if (!fields) {
    check.fail('its ES|QL asks no indices of ours');
    return;
  }
  const made = [...esql.matchAll(/\| EVAL (\w+) =/g)].map(([, name]) => name!);
  const commands = esql.replace(/^FROM \S+/, '').replace(/"[^"]*"/g, '');
  for (const [name] of commands.matchAll(/[a-z_]\w*(?:\.\w+)*/gi))
    if (!fields.has(name) && !made.includes(name) && !ESQL_WORDS.has(name))
      check.fail(`its ES|QL names ${name}, which is no field of ${title}`);
  const kept = /\| KEEP ([^|\n]+)/
    .exec(esql)?.[1]
    ?.split(/,\s*/)
    .map(one => one.trim());
  if (kept?.join() !== columns.join()) check.fail('its columns are not those its ES|QL keeps');
}

const ESQL_WORDS = new Set(
  'WHERE AND EVAL KEEP SORT DESC NOW DATE_DIFF seconds minute minutes hour hours'.split(' '),
);

function viewFields(
  view: string | undefined,
  byKey: Map<string, SavedObject>,
  templates: Map<string, Map<string, Field>>,
): Map<string, Field> | undefined {
  const object = byKey.get(`index-pattern:${view}`);
  const known = templates.get(String(object?.attributes.title));
  if (!object || !known) return undefined;
  const fields = new Map(known);
  try {
    const runtime = RuntimeFields.parse(JSON.parse(String(object.attributes.runtimeFieldMap)));
    for (const [name, { type }] of Object.entries(runtime))
      fields.set(name, { type, searchable: true, aggregatable: true });
  } catch {
    // told where the view itself is checked
  }
  return fields;
}

function issues(label: string, error: z.ZodError): string[] {
  return error.issues.map(issue => `${label}: ${issue.path.join('.') || 'it'}: ${issue.message}`);
}
