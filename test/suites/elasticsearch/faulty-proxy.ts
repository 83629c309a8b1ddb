import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';

/** What happens to a request: it goes through, is answered here, or goes through and its answer is lost or cut short. */
export type Fate =
  | { kind: 'pass' }
  | { kind: 'answer'; status: number; body: unknown }
  | { kind: 'answer-lost' }
  | { kind: 'rewrite'; change(body: Record<string, unknown>): unknown };

export const PASS: Fate = { kind: 'pass' };

export const TOO_MANY: Fate = {
  kind: 'answer',
  status: 429,
  body: { error: { type: 'es_rejected_execution_exception', reason: 'queue is full' }, status: 429 },
};

/** Stands between a store and its server and does what overloaded networks and servers do. */
export class FaultyProxy {
  url = '';
  /** Asked for each request that matches no `_security` path, in order. */
  fate: (path: string) => Fate = () => PASS;
  private server: Server | undefined;

  constructor(private readonly target: () => string) {}

  async start(): Promise<void> {
    this.server = createServer((req, res) => this.handle(req, res));
    await new Promise<void>(resolve => this.server!.listen(0, '127.0.0.1', resolve));
    this.url = `http://127.0.0.1:${(this.server.address() as { port: number }).port}`;
  }

  async stop(): Promise<void> {
    this.server?.closeAllConnections();
    await new Promise(resolve => this.server?.close(resolve) ?? resolve(undefined));
  }

  private handle(req: IncomingMessage, res: ServerResponse): void {
    const chunks: Buffer[] = [];
    req.on('data', chunk => chunks.push(chunk));
    req.on('end', () => {
      const fate = this.fate(req.url ?? '');
      if (fate.kind === 'answer') {
        reply(res, fate.status, JSON.stringify(fate.body));
        return;
      }
      const onward = request(
        new URL(req.url ?? '/', this.target()),
        { method: req.method ?? 'GET', headers: req.headers },
        answer => {
          const body: Buffer[] = [];
          answer.on('data', chunk => body.push(chunk));
          answer.on('end', () => {
            const text = Buffer.concat(body).toString();
            if (fate.kind === 'answer-lost') res.destroy();
            else if (fate.kind === 'rewrite')
              reply(res, answer.statusCode!, JSON.stringify(fate.change(JSON.parse(text))));
            else reply(res, answer.statusCode!, text, answer.headers['content-type']);
          });
        },
      );
      onward.on('error', () => res.destroy());
      onward.end(Buffer.concat(chunks));
    });
  }
}

function reply(res: ServerResponse, status: number, text: string, type = 'application/json'): void {
  res.writeHead(status, {
    'content-type': type,
    // Without it the client takes the server for something else.
    'x-elastic-product': 'Elasticsearch',
    'content-length': Buffer.byteLength(text),
  });
  res.end(res.req.method === 'HEAD' ? '' : text);
}
