import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Client } from '@elastic/elasticsearch';
import { packageRoot } from '../../platform/package-root.js';
import type { Capabilities } from './capabilities.js';
import { asStoreError } from './errors.js';
import { indexNames } from './names.js';

const FOLDER = path.join(packageRoot, 'src', 'store', 'elasticsearch', 'templates');

const COMPONENTS = ['component-line', 'component-event'] as const;
const INDEX_TEMPLATES = [
  'lines',
  'events',
  'agents',
  'aside',
  'incidents',
  'sources',
  'gaps',
  'documents',
] as const;
const ILM_POLICY = 'deadair-lines';
/** Whose names and types these are. */
const ECS_VERSION = '9.4.0';

export interface TemplateOptions {
  /** Days lines are kept, counted from the day their index was full; undefined keeps them for ever. */
  retentionDays?: number | undefined;
  /** Primary shards of the lines; one takes some 20,000 lines a second. */
  shards: number;
  /** Of the data stream whose constants are said. */
  namespace: string;
}

type Template = Record<string, unknown> & {
  data_stream?: object;
  template: { lifecycle?: object; settings?: { index: Record<string, unknown> } };
};

/** A request that installs something: for `setup`, and to be shown to whoever must do it by hand. */
export interface Installation {
  method: 'PUT';
  path: string;
  body: unknown;
}

/** The components, lifecycle and index templates for this server, in the order they have to be installed. */
export function installations(has: Capabilities, options: TemplateOptions): Installation[] {
  const requests: Installation[] = [];
  const retention = options.retentionDays === undefined ? undefined : `${options.retentionDays}d`;
  requests.push(...components());
  const useIlm = !has.streamLifecycle && has.ilm;
  if (useIlm)
    requests.push({
      method: 'PUT',
      path: `/_ilm/policy/${ILM_POLICY}`,
      body: { policy: ilmPolicy(retention) },
    });
  for (const name of INDEX_TEMPLATES) {
    const template = read(name) as Template;
    const index = template.template.settings?.index;
    if (name === 'lines' && index) index.number_of_shards = options.shards;
    if (template.data_stream) {
      delete template.template.lifecycle;
      if (has.streamLifecycle) template.template.lifecycle = retention ? { data_retention: retention } : {};
      else if (useIlm && index) index['lifecycle.name'] = ILM_POLICY;
    }
    requests.push({ method: 'PUT', path: `/_index_template/deadair-${name}`, body: template });
    if (name === 'lines') requests.push(linesOf(options.namespace, template, has));
  }
  return requests;
}

/** Mappings that index templates are composed of: what an update of the release changes. */
export function components(): Installation[] {
  return COMPONENTS.map(name => ({
    method: 'PUT',
    path: `/_component_template/${componentName(name)}`,
    body: read(name),
  }));
}

/** A template of one namespace's own, since it says what is the same in all of its lines. */
function linesOf(namespace: string, general: Template, has: Capabilities): Installation {
  const template = structuredClone(general) as Template & { priority: number };
  return {
    method: 'PUT',
    path: `/_index_template/deadair-lines-${namespace}`,
    body: {
      ...template,
      index_patterns: [indexNames(namespace).lines],
      priority: template.priority + 10,
      template: { ...template.template, mappings: constantMapping(namespace, has) },
    },
  };
}

/**
 * Fields that are the same in all lines of a stream, in the names that Elastic's own integrations write: they lie in the mapping and cost
 * a line nothing, as the values of `constant_keyword` fields, else as runtime fields.
 */
export function constantMapping(
  namespace: string,
  { constantKeyword }: Pick<Capabilities, 'constantKeyword'>,
): { properties: object } | { runtime: object } {
  const values = Object.entries(lineConstants(namespace));
  if (!constantKeyword)
    return {
      runtime: Object.fromEntries(
        values.map(([field, value]) => [
          field,
          { type: 'keyword', script: { source: `emit(${JSON.stringify(value).replaceAll('"', "'")})` } },
        ]),
      ),
    };
  const properties: Record<string, { properties: Record<string, object> }> = {};
  for (const [field, value] of values) {
    const [object, name] = field.split('.') as [string, string];
    properties[object] ??= { properties: {} };
    properties[object].properties[name] = { type: 'constant_keyword', value };
  }
  return { properties };
}

/** What is the same in all lines of a namespace, by the names of ECS. */
export function lineConstants(namespace: string): Record<string, string> {
  return {
    'agent.type': 'deadair',
    'data_stream.dataset': 'deadair.lines',
    'data_stream.namespace': namespace,
    'data_stream.type': 'logs',
    'ecs.version': ECS_VERSION,
    'event.dataset': 'deadair.lines',
    'event.kind': 'event',
  };
}

/** The fields of a line, or of incidents and alerts, as our templates have them. */
export function mappingOf(what: 'line' | 'event'): object {
  const { template } = read(`component-${what}`) as { template: { mappings: { properties: object } } };
  return template.mappings.properties;
}

/** The types of a line's fields by their dotted names. */
export function expectedFields(): Map<string, string> {
  return fieldTypes(mappingOf('line'));
}

interface Property {
  type?: string;
  properties?: Record<string, Property>;
}

/** Dotted names of the fields of a mapping, and their types. */
export function fieldTypes(properties: object, prefix = ''): Map<string, string> {
  const types = new Map<string, string>();
  for (const [name, property] of Object.entries(properties as Record<string, Property>)) {
    if (property.type !== undefined) types.set(prefix + name, property.type);
    for (const [field, type] of fieldTypes(property.properties ?? {}, `${prefix}${name}.`))
      types.set(field, type);
  }
  return types;
}

/** @throws DeadairError */
export async function install(client: Client, requests: Installation[]): Promise<void> {
  for (const { method, path: target, body } of requests)
    try {
      await client.transport.request({ method, path: target, body: body as Record<string, unknown> });
    } catch (thrown) {
      throw asStoreError(thrown, `installing ${target}`);
    }
}

function componentName(file: (typeof COMPONENTS)[number]): string {
  return `deadair-${file.replace('component-', '')}`;
}

function ilmPolicy(retention: string | undefined): unknown {
  return {
    phases: {
      // As the data stream lifecycle does by default.
      hot: { actions: { rollover: { max_primary_shard_size: '50gb', max_age: '7d' } } },
      ...(retention === undefined ? {} : { delete: { min_age: retention, actions: { delete: {} } } }),
    },
  };
}

function read(name: string): Record<string, unknown> {
  return JSON.parse(readFileSync(path.join(FOLDER, `${name}.json`), 'utf8')) as Record<string, unknown>;
}
