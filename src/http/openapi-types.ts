type Json = Record<string, unknown>;

const HEAD = `/**
 * The HTTP API's shapes, made from its OpenAPI description by \`npm run docs:reference\`; never edited by hand. A test compares.
 */
`;

/**
 * TypeScript for every route of an OpenAPI document with JSON replies: \`Routes['GET /v1/search']['reply']\`. The usual
 * generators need the TypeScript compiler's old programming interface, which the native compiler does not have.
 */
export function typesOf(document: Json): string {
  const rows: string[] = [];
  for (const [path, methods] of Object.entries(document.paths as Record<string, Record<string, Json>>))
    for (const [method, operation] of Object.entries(methods))
      rows.push(routeType(`${method.toUpperCase()} ${path}`, operation));
  const schemas = (document.components as { schemas: Record<string, Json> }).schemas;
  const shared = Object.entries(schemas).map(
    ([name, schema]) => `export type ${name} = ${typeOf(schema, '')};\n`,
  );
  return `${HEAD}\n${shared.join('\n')}\nexport interface Routes {\n${rows.join('')}}\n`;
}

function routeType(name: string, operation: Json): string {
  const parameters = operation.parameters as { name: string; in: string; required: boolean; schema: Json }[];
  const query = parameters
    .filter(one => one.in === 'query')
    .map(one => `${key(one.name)}${one.required ? '' : '?'}: ${typeOf(one.schema, '      ')};`);
  const replies = operation.responses as Record<string, { content?: Record<string, { schema: Json }> }>;
  const good = Object.entries(replies).find(([status]) => status.startsWith('2'))?.[1];
  const reply = good?.content?.['application/json']?.schema;
  const body = (operation.requestBody as { content?: Record<string, { schema: Json }> } | undefined)
    ?.content?.['application/json']?.schema;
  const lines = [
    query.length > 0 ? `query: { ${query.join(' ')} };` : 'query: Record<never, never>;',
    `body: ${body ? typeOf(body, '    ') : 'undefined'};`,
    `reply: ${reply ? typeOf(reply, '    ') : 'undefined'};`,
  ];
  return `  '${name}': {\n${lines.map(line => `    ${line}\n`).join('')}  };\n`;
}

function typeOf(schema: Json, indent: string): string {
  if (typeof schema.$ref === 'string') return schema.$ref.split('/').at(-1)!;
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (Array.isArray(schema.enum)) return schema.enum.map(value => JSON.stringify(value)).join(' | ');
  const parts = (schema.anyOf ?? schema.oneOf) as Json[] | undefined;
  if (parts) return parts.map(part => typeOf(part, indent)).join(' | ');
  if (Array.isArray(schema.allOf))
    return (schema.allOf as Json[]).map(part => typeOf(part, indent)).join(' & ');
  if (Array.isArray(schema.type))
    return (schema.type as string[]).map(type => typeOf({ ...schema, type }, indent)).join(' | ');
  switch (schema.type) {
    case 'string':
      return 'string';
    case 'number':
    case 'integer':
      return 'number';
    case 'boolean':
      return 'boolean';
    case 'null':
      return 'null';
    case 'array': {
      const items = typeOf((schema.items as Json | undefined) ?? {}, indent);
      return /[|&]/.test(items) && !items.startsWith('{') ? `(${items})[]` : `${items}[]`;
    }
    case 'object':
      return objectType(schema, indent);
    default:
      return 'unknown';
  }
}

function objectType(schema: Json, indent: string): string {
  const properties = Object.entries((schema.properties as Record<string, Json> | undefined) ?? {});
  const required = new Set((schema.required as string[] | undefined) ?? []);
  const rest = schema.additionalProperties;
  if (properties.length === 0) {
    const value = typeof rest === 'object' && rest !== null ? typeOf(rest as Json, indent) : 'unknown';
    const names = (schema.propertyNames as Json | undefined)?.enum as string[] | undefined;
    const partial = names !== undefined && required.size === 0;
    const index = names ? names.map(name => JSON.stringify(name)).join(' | ') : 'string';
    return partial ? `Partial<Record<${index}, ${value}>>` : `Record<${index}, ${value}>`;
  }
  const inner = `${indent}  `;
  const lines = properties.map(([name, value]) => {
    const about =
      typeof value.description === 'string'
        ? `${inner}/** ${value.description.replaceAll('*/', '* /')} */\n`
        : '';
    return `${about}${inner}${key(name)}${required.has(name) ? '' : '?'}: ${typeOf(value, inner)};\n`;
  });
  return `{\n${lines.join('')}${indent}}`;
}

function key(name: string): string {
  return /^[A-Za-z_]\w*$/.test(name) ? name : `'${name}'`;
}
