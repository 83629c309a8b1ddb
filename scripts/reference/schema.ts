import { stringify } from 'yaml';
import type { z } from 'zod';

/** One setting as a reader of the reference sees it. */
export interface Setting {
  /** `alerts.reminders.first`; `[]` behind a list. */
  path: string;
  /** What may be written, in words: `time span`, `whole number, 1 to 16`, `text`. */
  type: string;
  /** As one would write it; undefined where there is none. */
  fallback: string | undefined;
  required: boolean;
  /** What it does, from `.describe()` in the schema. */
  sentence: string | undefined;
}

/** An object, or one form of several, with settings of its own: a table of the reference. */
export interface Group {
  path: string;
  /** Which of several forms a list's element has: `kind: slack`, `once`. */
  form: string | undefined;
  sentence: string | undefined;
  settings: Setting[];
}

type Schema = z.ZodType & {
  def: {
    type: string;
    innerType?: Schema;
    in?: Schema;
    out?: Schema;
    element?: Schema;
    valueType?: Schema;
    options?: Schema[];
    discriminator?: string;
    defaultValue?: unknown;
    values?: unknown[];
    format?: string;
  };
  shape?: Record<string, Schema>;
  options?: unknown[];
  minValue?: number | null;
  maxValue?: number | null;
};

/** What wraps a schema (optional, default, transformations), taken off; the outermost words about it win. */
interface Bare {
  schema: Schema;
  sentence: string | undefined;
  title: string | undefined;
  fallback: unknown;
  optional: boolean;
}

/** The tables of an object schema, outer ones first: its plain settings, then each object and list of objects in it. */
export function groupsOf(schema: z.ZodType, path = '', form?: string): Group[] {
  const bare = unwrap(schema as Schema);
  const own: Group = { path, form, sentence: bare.sentence, settings: [] };
  const below: Group[] = [];
  for (const [name, field] of Object.entries(bare.schema.shape ?? {})) {
    const at = path === '' ? name : `${path}.${name}`;
    const inner = unwrap(field);
    if (isObject(inner.schema)) {
      below.push(...groupsOf(field, at));
      continue;
    }
    own.settings.push(settingOf(at, inner));
    const element = inner.schema.def.type === 'array' ? unwrap(inner.schema.def.element!).schema : undefined;
    if (element) below.push(...formsOf(element, `${at}[]`));
  }
  return own.settings.length > 0 ? [own, ...once(below)] : once(below);
}

/** Forms of one list share settings (`match` of every maintenance window): their table stands once. */
function once(groups: Group[]): Group[] {
  return groups.filter(
    ({ path, form }, index) =>
      index === groups.findIndex(other => other.path === path && other.form === form),
  );
}

/** An element of a list: an object, or one of several objects told apart by a word or by their settings. */
function formsOf(element: Schema, path: string): Group[] {
  if (isObject(element)) return groupsOf(element, path);
  const forms = element.def.type === 'union' ? element.def.options!.map(unwrap) : [];
  if (!forms.every(({ schema }) => isObject(schema))) return [];
  const word = element.def.discriminator;
  return forms.flatMap(({ schema, title }) => {
    const value = word === undefined ? undefined : unwrap(schema.shape![word]!).schema.def.values?.[0];
    return groupsOf(schema, path, value === undefined ? title : `${word}: ${String(value)}`);
  });
}

function settingOf(path: string, { schema, title, fallback, optional, sentence }: Bare): Setting {
  return {
    path,
    type: title ?? typeOf(schema),
    fallback: fallback === undefined ? undefined : written(fallback),
    required: !optional && fallback === undefined,
    sentence,
  };
}

function unwrap(outer: Schema): Bare {
  const bare: Bare = {
    schema: outer,
    sentence: undefined,
    title: undefined,
    fallback: undefined,
    optional: false,
  };
  for (;;) {
    const { schema } = bare;
    const meta = schema.meta() ?? {};
    bare.sentence ??= meta.description;
    bare.title ??= meta.title;
    const { type, innerType, defaultValue } = schema.def;
    if (type === 'default' || type === 'prefault') bare.fallback ??= defaultValue;
    if (type === 'optional') bare.optional = true;
    if (innerType) bare.schema = innerType;
    else if (type === 'pipe') bare.schema = schema.def.in!;
    else return bare;
  }
}

function isObject(schema: Schema): boolean {
  return schema.def.type === 'object';
}

function typeOf(schema: Schema): string {
  const { def } = schema;
  switch (def.type) {
    case 'string':
      return def.format === 'url' ? 'URL' : def.format === 'datetime' ? 'time with its zone' : 'text';
    case 'number': {
      const whole = def.format === 'safeint' ? 'whole number' : 'number';
      const bounds = [schema.minValue, schema.maxValue].map(bound =>
        bound === undefined || bound === null || Math.abs(bound) >= Number.MAX_SAFE_INTEGER
          ? undefined
          : bound,
      );
      const [least, most] = bounds;
      if (least !== undefined && most !== undefined) return `${whole}, ${least} to ${most}`;
      return least === undefined ? whole : `${whole}, at least ${least}`;
    }
    case 'boolean':
      return '`true` or `false`';
    case 'enum':
      return (schema.options ?? []).map(value => `\`${String(value)}\``).join(', ');
    case 'literal':
      return (def.values ?? []).map(value => `\`${String(value)}\``).join(', ');
    case 'array': {
      const element = unwrap(def.element!);
      const word = element.title ?? typeOf(element.schema);
      return word.startsWith('`') ? `list of ${word}` : `list: ${word}`;
    }
    case 'record':
      return `names with ${wordOf(def.valueType!)}`;
    case 'union':
      return [...new Set(def.options!.map(wordOf))].join(' or ');
    case 'object':
      return 'settings, below';
    default:
      return def.type;
  }
}

function wordOf(schema: Schema): string {
  const bare = unwrap(schema);
  return bare.title ?? typeOf(bare.schema);
}

/** A value as it stands in deadair.yaml: in quotes where YAML would read a text as something else. */
function written(value: unknown): string {
  return stringify(value, { collectionStyle: 'flow', lineWidth: 0, flowCollectionPadding: false }).trim();
}
