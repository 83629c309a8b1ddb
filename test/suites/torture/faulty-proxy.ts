import http from 'node:http';
import type { AddressInfo } from 'node:net';

export type Fault = 'none' | 'away' | 'hang' | 503 | 429;

/** Stands between collector and receiver and misbehaves as told; what gets through is unchanged. */
export class FaultyProxy {
  fault: Fault = 'none';
  private server: http.Server | undefined;
  private port = 0;
  private readonly agent = new http.Agent({ keepAlive: true });

  constructor(private readonly target: string) {}

  async listen(): Promise<string> {
    const server = http.createServer((request, response) => this.handle(request, response));
    this.server = server;
    await new Promise<void>(resolve => server.listen(this.port, '127.0.0.1', resolve));
    this.port = (server.address() as AddressInfo).port;
    return `http://127.0.0.1:${this.port}`;
  }

  async close(): Promise<void> {
    const server = this.server;
    this.server = undefined;
    server?.closeAllConnections();
    await new Promise<void>(resolve => {
      if (server) server.close(() => resolve());
      else resolve();
    });
  }

  /** For so long, then all is well again. `away`: nobody listens, every connection is cut. */
  async misbehave(fault: Fault, milliseconds: number): Promise<void> {
    this.fault = fault;
    if (fault === 'away') await this.close();
    await new Promise(resolve => setTimeout(resolve, milliseconds));
    if (fault === 'away') await this.listen();
    this.fault = 'none';
  }

  private handle(request: http.IncomingMessage, response: http.ServerResponse): void {
    if (this.fault === 'hang') {
      request.resume();
      return;
    }
    if (typeof this.fault === 'number') {
      request.resume();
      response.writeHead(this.fault, { 'retry-after': '1' }).end('{}');
      return;
    }
    const onward = http.request(
      new URL(request.url ?? '/', this.target),
      { method: request.method!, headers: request.headers, agent: this.agent },
      answer => {
        response.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(response);
      },
    );
    onward.on('error', () => response.destroy());
    response.on('close', () => {
      if (!response.writableFinished) onward.destroy();
    });
    request.pipe(onward);
  }
}
