import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { loadConfig } from '../../src/config/load.js';
import { SystemClock } from '../../src/platform/clock.js';
import { silentLogger } from '../../src/platform/logger.js';
import { packageRoot } from '../../src/platform/package-root.js';
import { Service } from '../../src/service/app.js';
import { page, row, table } from './markdown.js';

interface Operation {
  summary: string;
  tags: string[];
  /** The scope a token needs; absent: none is asked for. */
  'x-scope'?: string;
  parameters: { name: string; required: boolean }[];
  requestBody?: { content: Record<string, unknown> };
  responses: Record<string, { content?: Record<string, unknown> }>;
}

/** docs/reference/api.md: every route, from what a service with nothing in it says at /openapi.json. */
export async function apiPage(): Promise<string> {
  const { paths } = await describedApi();
  const byTag = new Map<string, string[]>();
  for (const [address, methods] of Object.entries(paths).sort(([a], [b]) => (a < b ? -1 : 1)))
    for (const [method, operation] of Object.entries(methods)) {
      const [tag = 'other'] = operation.tags;
      byTag.set(tag, [...(byTag.get(tag) ?? []), operationRow(method, address, operation)]);
    }
  const sections = [...byTag]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([tag, rows]) =>
      [`## ${tag}`, table(['request', 'needs', 'parameters', 'what it does', 'body and answer'], rows)].join(
        '\n\n',
      ),
    );
  return page('HTTP API', HEAD, ...sections);
}

const HEAD = `What a service answers; \`/openapi.json\` describes each route with its schemas (OpenAPI 3.1). Bodies and answers are JSON
where nothing else is said. Needed parameters are **bold**; an unknown one is an error. Where the service asks for
tokens, \`Authorization: Bearer TOKEN\` must be one that may do what the route needs: *collect*, *read*, *write* or *admin* (a dash:
nothing is asked). Errors have one form: [errors.md](errors.md); what collectors send:
[protocol.md](protocol.md); queries are written as in the search box.`;

/** The OpenAPI document of a service with nothing in it. */
export async function describedApi(): Promise<{ paths: Record<string, Record<string, Operation>> }> {
  const folder = mkdtempSync(path.join(tmpdir(), 'deadair-reference-'));
  // Kibana and patterns bring routes of their own; the address is never asked.
  const { settings } = loadConfig({
    env: {},
    file: path.join(packageRoot, 'scripts', 'reference', 'api.yaml'),
    flags: { data: folder, 'server.port': 0 },
  });
  const service = new Service({
    settings,
    clock: new SystemClock(),
    logger: silentLogger,
    sink: { write: () => true },
  });
  try {
    await service.start();
    return (await (await fetch(`${service.url}/openapi.json`)).json()) as {
      paths: Record<string, Record<string, Operation>>;
    };
  } finally {
    await service.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

function operationRow(method: string, address: string, operation: Operation): string {
  const { summary, parameters, requestBody, responses, 'x-scope': scope } = operation;
  const names = parameters.map(({ name, required }) => (required ? `**${name}**` : name));
  const sent = contentOf(requestBody);
  const [answered] = Object.entries(responses)
    .filter(([status]) => status !== 'default')
    .map(
      ([status, { content }]) =>
        contentOf({ content: content ?? {} }) ?? (status === '204' ? 'nothing' : undefined),
    );
  const forms = [sent ? `takes ${sent}` : undefined, answered ? `answers ${answered}` : undefined]
    .filter(Boolean)
    .join(', ');
  return row([
    `\`${method.toUpperCase()} ${address}\``,
    scope ?? '–',
    names.join(', ') || '–',
    summary,
    forms || 'JSON',
  ]);
}

/** The content type, unless it is JSON. */
function contentOf(body: { content: Record<string, unknown> } | undefined): string | undefined {
  return Object.keys(body?.content ?? {}).find(type => type !== 'application/json');
}
