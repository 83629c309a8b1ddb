import { type Agent, get, Agent as HttpAgent } from 'node:http';
import { sleep } from './hosts.js';

const EVERY_MS = 50;

/** Asks /healthz all the time on a connection of its own, as a balancer or a person's page would. */
export class Health {
  /** ms each answer took. */
  readonly took: number[] = [];
  private going = true;
  private readonly connection: Agent = new HttpAgent({ keepAlive: true, maxSockets: 1 });
  private readonly asking: Promise<void>;

  constructor(private readonly url: string) {
    this.asking = this.run();
  }

  async stop(): Promise<void> {
    this.going = false;
    await this.asking;
    this.connection.destroy();
  }

  private async run(): Promise<void> {
    while (this.going) {
      const began = performance.now();
      await this.ask();
      this.took.push(performance.now() - began);
      await sleep(EVERY_MS);
    }
  }

  private ask(): Promise<void> {
    return new Promise((resolve, reject) => {
      get(`${this.url}/healthz`, { agent: this.connection }, reply => {
        reply.resume();
        reply.on('end', resolve);
      }).on('error', reject);
    });
  }
}
