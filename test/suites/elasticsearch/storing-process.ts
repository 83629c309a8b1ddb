import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** What one process of storing-service.ts stores. */
export interface Work {
  /** As in `store.elasticsearch`. */
  settings: Record<string, unknown>;
  /** Of its book; absent: with several services. */
  directory?: string;
  /** Numbers of its logs. */
  agents: number[];
  /** Lines of each log; absent: without end. */
  lines?: number;
  /** Lines of a log in one append. */
  size?: number;
  /** Lines of each log that may be stored for now. */
  upTo?: number;
}

export type Told = { stored: [agent: string, lines: number][] } | { refused: string };

const SCRIPT = fileURLToPath(new URL('./storing-service.js', import.meta.url));

/** A service that stores numbered logs, to be killed and started again. */
export class StoringProcess {
  /** Why each append was refused. */
  readonly refusals: string[] = [];
  private child: ChildProcess | undefined;
  private gone: Promise<void> = Promise.resolve();

  /**
   * @param acknowledged lines of each agent that some service has acknowledged
   * @param onNews after each commit, and when it ended; `failure` when that was not asked for
   */
  constructor(
    private readonly work: Work,
    private readonly acknowledged: Map<string, number>,
    private readonly onNews: (failure?: Error) => void,
  ) {}

  /** @param agents other logs than before */
  start(agents = this.work.agents): void {
    this.work.agents = agents;
    const child = spawn(process.execPath, [SCRIPT, JSON.stringify(this.work)], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.child = child;
    // It may be killed while a line is written to it.
    child.stdin!.on('error', () => {});
    let rest = '';
    child.stdout!.on('data', (chunk: Buffer) => {
      const lines = (rest + chunk.toString()).split('\n');
      rest = lines.pop()!;
      for (const line of lines) this.hear(JSON.parse(line) as Told);
    });
    this.gone = new Promise(resolve => {
      child.on('close', code => {
        const asked = this.child !== child;
        this.child = undefined;
        resolve();
        this.onNews(asked || code === 0 ? undefined : new Error(`a storing service ended with ${code}`));
      });
    });
  }

  get runs(): boolean {
    return this.child !== undefined;
  }

  allow(upTo: number): void {
    this.work.upTo = upTo;
    this.child?.stdin?.write(`${upTo}\n`);
  }

  /** By SIGKILL. @returns its logs, when it is gone */
  async kill(): Promise<number[]> {
    const { child } = this;
    this.child = undefined;
    child?.kill('SIGKILL');
    await this.gone;
    return this.work.agents;
  }

  private hear(news: Told): void {
    if ('refused' in news) this.refusals.push(news.refused);
    else
      for (const [agent, lines] of news.stored)
        this.acknowledged.set(agent, Math.max(lines, this.acknowledged.get(agent) ?? 0));
    this.onNews();
  }
}
