import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';
import type { SavedObject } from '../../dashboards/saved-object.js';
import { validate } from '../../dashboards/validate/validate.js';

/**
 * Stands in for Kibana, which can't be had in tests: answers what the importer calls as Kibana's own code does (routes/status.ts,
 * routes/import.ts, alerting and actions plugins) and refuses what Kibana's schemas refuse.
 */
export interface RecorderOptions {
  /** `Basic …` or `ApiKey …`; absent: security is off. */
  authorization?: string;
  /** How often /api/status says 503 before Kibana is up. */
  startingFor?: number;
  space?: string;
}

export interface Recorder {
  url: string;
  /** By `type:id`, as they stand now. */
  objects: Map<string, SavedObject>;
  /** Rules and connectors by their path. */
  alerting: Map<string, unknown>;
  requests: { method: string; path: string; status: number }[];
  close(): Promise<void>;
}

interface Reply {
  status: number;
  body: unknown;
}

const bad = (message: string, status = 400): Reply => ({
  status,
  body: { statusCode: status, error: 'Bad Request', message },
});

export async function startRecorder(options: RecorderOptions = {}, port = 0): Promise<Recorder> {
  const recorder = new Kibana(options);
  const server = createServer((request, response) => void recorder.serve(request, response));
  await new Promise<void>(resolve => server.listen(port, port === 0 ? '127.0.0.1' : '0.0.0.0', resolve));
  return Object.assign(recorder, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => closed(server),
  });
}

function closed(server: Server): Promise<void> {
  server.closeAllConnections();
  return new Promise(resolve => server.close(() => resolve()));
}

class Kibana {
  readonly objects = new Map<string, SavedObject>();
  readonly alerting = new Map<string, unknown>();
  readonly requests: Recorder['requests'] = [];
  private asked = 0;

  constructor(private readonly options: RecorderOptions) {}

  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const reply = this.answer(request, Buffer.concat(chunks));
    this.requests.push({ method: request.method!, path: request.url!, status: reply.status });
    response.writeHead(reply.status, {
      'content-type': 'application/json; charset=utf-8',
      'kbn-name': 'recorder',
    });
    response.end(JSON.stringify(reply.body));
  }

  private answer(request: IncomingMessage, body: Buffer): Reply {
    const { method } = request;
    const url = new URL(request.url!, 'http://kibana');
    const { authorization } = request.headers;
    const known = this.options.authorization === undefined || authorization === this.options.authorization;
    // Status needs no credentials; wrong ones are refused there, too.
    if (url.pathname === '/api/status' && method === 'GET')
      return authorization !== undefined && !known ? bad('unable to authenticate user', 401) : this.status();
    if (!known) return bad('unable to authenticate user', 401);
    const prefix = this.options.space === undefined ? '' : `/s/${this.options.space}`;
    if (!url.pathname.startsWith(`${prefix}/api/`)) return bad('Not Found', 404);
    const path = url.pathname.slice(prefix.length);
    if (method !== 'GET' && !request.headers['kbn-xsrf'])
      return bad('Request must contain a kbn-xsrf header.');
    if (path === '/api/saved_objects/_import' && method === 'POST')
      return this.import(url.searchParams, request.headers['content-type'] ?? '', body);
    const alerting = /^\/api\/(actions\/connector|alerting\/rule)\/([\w-]+)$/.exec(path);
    if (alerting) return this.put(path, alerting[1]!, method!, body);
    return bad('Not Found', 404);
  }

  private status(): Reply {
    const level = this.asked++ < (this.options.startingFor ?? 0) ? 'unavailable' : 'available';
    return { status: level === 'available' ? 200 : 503, body: { status: { overall: { level } } } };
  }

  private import(query: URLSearchParams, contentType: string, body: Buffer): Reply {
    for (const name of query.keys())
      if (!['overwrite', 'createNewCopies', 'compatibilityMode'].includes(name))
        return bad(`[request query.${name}]: definition for this key is missing`);
    if (query.get('overwrite') === 'true' && query.get('createNewCopies') === 'true')
      return bad('[request query]: cannot use [overwrite] with [createNewCopies]');
    const boundary = /^multipart\/form-data; ?boundary=(.+)$/.exec(contentType)?.[1];
    if (boundary === undefined) return bad('Unsupported Media Type', 415);
    const part = body.toString('utf8').split(`--${boundary}`)[1] ?? '';
    const [head, content = ''] = part.split(/\r\n\r\n([\s\S]*)/);
    const file = /name="file"; filename="([^"]+)"/.exec(head ?? '')?.[1];
    if (file === undefined)
      return bad('[request body.file]: expected value of type [Stream] but got [undefined]');
    if (!file.endsWith('.ndjson')) return bad(`Invalid file extension ${file.slice(file.lastIndexOf('.'))}`);
    const ndjson = content.replace(/\r\n$/, '');
    const problems = validate(ndjson);
    if (problems.length > 0) return bad(problems.join('\n'), 422);
    const objects = ndjson
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line) as SavedObject);
    const conflicts = objects.filter(one => this.objects.has(`${one.type}:${one.id}`));
    if (conflicts.length > 0 && query.get('overwrite') !== 'true')
      return {
        status: 200,
        body: {
          success: false,
          successCount: 0,
          errors: conflicts.map(({ type, id }) => ({ type, id, error: { type: 'conflict' } })),
        },
      };
    for (const object of objects) this.objects.set(`${object.type}:${object.id}`, object);
    return { status: 200, body: { success: true, successCount: objects.length, errors: [] } };
  }

  private put(path: string, kind: string, method: string, body: Buffer): Reply {
    const exists = this.alerting.has(path);
    if (method !== 'POST' && method !== 'PUT') return bad('Not Found', 404);
    if (method === 'POST' && exists) return bad(`${path} exists already`, 409);
    if (method === 'PUT' && !exists) return bad('Saved object not found', 404);
    const parsed = ALERTING[`${method} ${kind}`]!.safeParse(JSON.parse(body.toString('utf8')));
    if (!parsed.success)
      return bad(
        parsed.error.issues
          .map(issue => `[request body.${issue.path.join('.')}]: ${issue.message}`)
          .join('\n'),
      );
    const actions = (parsed.data as { actions?: { id: string }[] }).actions ?? [];
    for (const { id } of actions)
      if (!this.alerting.has(`/api/actions/connector/${id}`))
        return bad(`Saved object [action/${id}] not found`);
    this.alerting.set(path, parsed.data);
    return { status: 200, body: parsed.data };
  }
}

/** x-pack/platform/plugins/shared/actions/server/routes, stack_connectors/…/es_index: config and secrets. */
const connector = {
  name: z.string().min(1),
  config: z.strictObject({
    index: z.string(),
    refresh: z.boolean().optional(),
    executionTimeField: z.string().nullable().optional(),
  }),
  secrets: z.strictObject({}),
};

/** stack_alerts/…/es_query/rule_type_params.ts, search type esQuery. */
const esQueryParams = z.strictObject({
  searchType: z.literal('esQuery'),
  index: z.array(z.string()).min(1),
  timeField: z.string().min(1),
  esQuery: z.string().refine(text => {
    try {
      return 'query' in (JSON.parse(text) as object);
    } catch {
      return false;
    }
  }, 'must be JSON with "query"'),
  size: z.int().min(0).max(10_000),
  timeWindowSize: z.int().min(1),
  timeWindowUnit: z.enum(['s', 'm', 'h', 'd']),
  threshold: z.array(z.number()).min(1).max(2),
  thresholdComparator: z.enum(['>', '>=', '<', '<=', 'between', 'notBetween']),
  aggType: z.enum(['count', 'avg', 'min', 'max', 'sum']),
  groupBy: z.enum(['all', 'top']),
  excludeHitsFromPreviousRun: z.boolean(),
});

const rule = {
  name: z.string().min(1),
  tags: z.array(z.string()),
  schedule: z.strictObject({ interval: z.string().regex(/^\d+[smhd]$/) }),
  params: esQueryParams,
  actions: z.array(
    z.strictObject({
      id: z.string(),
      group: z.literal('query matched'),
      params: z.strictObject({ documents: z.array(z.record(z.string(), z.unknown())).min(1) }),
      frequency: z.strictObject({
        summary: z.boolean(),
        notify_when: z.enum(['onActionGroupChange', 'onActiveAlert', 'onThrottleInterval']),
        throttle: z.string().nullable(),
      }),
    }),
  ),
};

const ALERTING: Record<string, z.ZodType> = {
  'POST actions/connector': z.strictObject({ ...connector, connector_type_id: z.literal('.index') }),
  'PUT actions/connector': z.strictObject(connector),
  'POST alerting/rule': z.strictObject({
    ...rule,
    rule_type_id: z.literal('.es-query'),
    consumer: z.enum(['stackAlerts', 'alerts', 'logs', 'observability']),
  }),
  'PUT alerting/rule': z.strictObject(rule),
};
