import { z } from 'zod';
import { defined } from '../platform/defined.js';
import { ERROR_CODES } from '../platform/errors.js';
import { RawBody, RawReply, type Route, route } from './route.js';

type Json = Record<string, unknown>;

const ErrorReply = z.object({
  error: z.object({
    code: z.enum(Object.keys(ERROR_CODES) as [string, ...string[]]),
    message: z.string(),
    subject: z.string().optional(),
    column: z.int().optional(),
  }),
});

/** The OpenAPI 3.1 document of a route table. What the table does not say, the document can't. */
function openApiDocument(routes: readonly Route[], version: string): Json {
  const components: Json = { Error: schemaOf(ErrorReply, 'output', {}) };
  const paths: Record<string, Json> = {};
  for (const row of routes) {
    const path = openApiPath(row.path);
    paths[path] ??= {};
    paths[path][row.method] = operation(row, components);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Deadair',
      version,
      description:
        'Log aggregation for distributed test runs. Errors are JSON: {error: {code, message, subject}}.',
    },
    paths,
    components: {
      schemas: components,
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
    },
  };
}

/** The route that serves the description of all `routes` and of itself. */
export function openApiRoute(routes: readonly Route[], version: string): Route {
  let document: Json | undefined;
  const self = route({
    method: 'get',
    path: '/openapi.json',
    summary: 'This description of the API',
    tag: 'service',
    auth: 'none',
    reply: z.looseObject({ openapi: z.string(), paths: z.record(z.string(), z.unknown()) }),
    handler: () => {
      document ??= openApiDocument([...routes, self], version);
      return document as { openapi: string; paths: Json };
    },
  });
  return self;
}

/** `/api/agents/:agent` → `/api/agents/{agent}` */
export function openApiPath(path: string): string {
  return path.replace(/[:*](\w+)/g, '{$1}');
}

function operation(row: Route, components: Json): Json {
  const raw = row.reply instanceof RawReply ? row.reply : undefined;
  const status = String(row.status ?? (row.reply ? 200 : 204));
  const content = raw
    ? { [raw.contentType]: { schema: { type: 'string' } } }
    : row.reply
      ? { 'application/json': { schema: schemaOf(row.reply as z.ZodType, 'output', components) } }
      : undefined;
  return {
    operationId: operationId(row),
    summary: row.summary,
    ...defined({ description: row.description }),
    tags: [row.tag],
    ...(row.auth === 'none' ? {} : { security: [{ token: [] }], 'x-scope': row.auth }),
    parameters: [
      ...parametersOf(row.params, 'path', components),
      ...parametersOf(row.query, 'query', components),
    ],
    ...(row.body ? { requestBody: bodyOf(row.body, components) } : {}),
    responses: {
      [status]: { description: raw?.description ?? 'Done', ...defined({ content }) },
      default: {
        description: 'An error with a code and a sentence that says what to do',
        content: { 'application/json': { schema: { $ref: '#/components/schemas/Error' } } },
      },
    },
  };
}

function bodyOf(body: z.ZodType | RawBody, components: Json): Json {
  if (body instanceof RawBody)
    return {
      required: true,
      description: body.description,
      content: { [body.contentType]: { schema: { type: 'string', format: 'binary' } } },
    };
  return {
    required: !body.safeParse(undefined).success,
    content: { 'application/json': { schema: schemaOf(body, 'input', components) } },
  };
}

function parametersOf(object: z.ZodObject | undefined, place: 'path' | 'query', components: Json): Json[] {
  return Object.entries(object?.shape ?? {}).map(([name, field]) => {
    const type = field as z.ZodType;
    // The output side: coerced parameters have an unknown input, and what they become is what a reader wants to know.
    const schema = schemaOf(type, 'output', components);
    const { description, ...rest } = schema;
    return {
      name,
      in: place,
      required: place === 'path' || !type.safeParse(undefined).success,
      ...(description ? { description } : {}),
      schema: rest,
    };
  });
}

/** JSON Schema of a zod schema; shared and recursive parts move to the document's components. */
function schemaOf(schema: z.ZodType, io: 'input' | 'output', components: Json): Json {
  const {
    $schema: _,
    $defs,
    ...own
  } = z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as Json & { $defs?: Record<string, Json> };
  if (!$defs) return own;
  const names = new Map<string, string>();
  for (const name of Object.keys($defs)) {
    // zod numbers its unnamed parts from 0 in every schema; here they meet in one place.
    const fresh = name.startsWith('__schema') ? `Shared${Object.keys(components).length + names.size}` : name;
    names.set(`#/$defs/${name}`, `#/components/schemas/${fresh}`);
  }
  const rename = (part: unknown): unknown => {
    if (Array.isArray(part)) return part.map(rename);
    if (part === null || typeof part !== 'object') return part;
    return Object.fromEntries(
      Object.entries(part).map(([key, value]) => [
        key,
        key === '$ref' && typeof value === 'string' ? (names.get(value) ?? value) : rename(value),
      ]),
    );
  };
  for (const [name, definition] of Object.entries($defs)) {
    const target = names.get(`#/$defs/${name}`)!.split('/').at(-1)!;
    components[target] = rename(definition);
  }
  return rename(own) as Json;
}

function operationId(row: Route): string {
  const words = row.path.split(/[^A-Za-z0-9]+/).filter(Boolean);
  return [row.method, ...words.map(word => word.charAt(0).toUpperCase() + word.slice(1))].join('');
}
