import type { Response } from 'express';
import { z } from 'zod';
import type { AgentViews } from '../../agents/views.js';
import { flush } from '../../http/compress.js';
import { RawReply, type Route, route } from '../../http/route.js';
import type { Care } from '../../model/care.js';
import type { Incident } from '../../model/incident.js';
import type { Run } from '../../model/run.js';
import type { Clock, Timer } from '../../platform/clock.js';
import { DeadairError } from '../../platform/errors.js';
import { type Logger, silentLogger } from '../../platform/logger.js';
import { packageVersion } from '../../platform/package-root.js';
import { isoMicros } from '../../records/ecs.js';
import type { Store } from '../../store/store.js';
import { agentHead, incidentHead, lifeOf, type Overview, OverviewChange, storeHead } from './overview.js';
import { OverviewFeed } from './overview-feed.js';
import { runReply } from './runs.js';

export interface EventRoutesDeps {
  store: Store;
  clock: Clock;
  logger?: Logger;
  agents: AgentViews;
  /** Newest first. */
  incidents: () => Promise<Incident[]>;
  runs: () => Promise<Run[]>;
  /** What people said of incidents, by id. */
  care?: (incident: string) => Care;
  startedAt: number;
  watching: () => string[];
  storeWarnings: () => string[];
  kibana: boolean;
}

/** What changed is looked for this often, and only while somebody listens. */
const LOOK_MS = 1000;
/** Signs of life and the store's figures change all the time; every so many looks are enough for "3 s ago". */
const LIFE_EVERY = 3;
/** A comment at this distance keeps proxies from cutting a quiet stream, and shows a client that is gone. */
const KEEP_ALIVE_MS = 15_000;
const MOST_LISTENERS = 200;
const NEWEST_RUNS = 10;
const NEWEST_OVER = 30;

/** The overview as a whole, and its changes as they come. */
export function eventRoutes(deps: EventRoutesDeps): Route[] {
  const stream = new OverviewStream(deps);
  return [
    route({
      method: 'get',
      path: '/v1/overview',
      summary: 'Everything at a glance, without evidence: what /v1/events begins with',
      tag: 'status',
      auth: 'read',
      query: z.strictObject({}),
      reply: OverviewChange,
      handler: () => stream.whole(),
    }),
    route({
      method: 'get',
      path: '/v1/events',
      summary: 'The overview and its changes (server-sent events)',
      description:
        'Events `change` {now, reset, set, gone}: entries by list and id to put in place of those known, and ids that are gone; ' +
        'the first one holds everything, or, with `after` (or Last-Event-ID), what is new since that event.',
      tag: 'status',
      auth: 'read',
      query: z.strictObject({ after: z.string().max(60).optional().describe('Id of the last event seen') }),
      reply: new RawReply('text/event-stream', 'Events until the client goes'),
      async handler({ query: { after }, req, res, signal }) {
        const header = req.headers['last-event-id'];
        await stream.serve(res, after ?? (typeof header === 'string' ? header : undefined), signal);
      },
    }),
  ];
}

/** Looks for changes once for all who listen. */
class OverviewStream {
  private readonly feed = new OverviewFeed();
  private readonly listeners = new Set<() => void>();
  private timer: Timer | undefined;
  private looks = 0;
  private looking: Promise<void> | undefined;
  private slow: Pick<Overview, 'life' | 'store'> | undefined;

  constructor(private readonly deps: EventRoutesDeps) {}

  async whole(): Promise<OverviewChange> {
    await this.look();
    return this.feed.since(undefined, isoMicros(this.deps.clock.now()));
  }

  async serve(res: Response, after: string | undefined, signal: AbortSignal): Promise<void> {
    if (this.listeners.size >= MOST_LISTENERS)
      throw new DeadairError('busy', `${MOST_LISTENERS} clients listen already; try again later.`, {
        retryAfterSeconds: 10,
      });
    let seen = after;
    let blocked = false;
    const tell = (evenIfNothing = false) => {
      if (blocked || signal.aborted || (seen === this.feed.id && !evenIfNothing)) return;
      const change = this.feed.since(seen, isoMicros(this.deps.clock.now()));
      seen = this.feed.id;
      // A client that does not read gets nothing more until it does; then all that changed meanwhile, once.
      blocked = !res.write(`event: change\nid: ${seen}\ndata: ${JSON.stringify(change)}\n\n`);
      flush(res);
      if (blocked)
        res.once('drain', () => {
          blocked = false;
          tell();
        });
    };
    await this.look();
    res.writeHead(200, {
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-store',
      'X-Accel-Buffering': 'no',
    });
    const listener = () => tell();
    this.listeners.add(listener);
    this.start();
    const keepAlive = this.deps.clock.every(KEEP_ALIVE_MS, () => {
      res.write(': alive\n\n');
      flush(res);
    });
    tell(true);
    await new Promise<void>(resolve => {
      if (signal.aborted) resolve();
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
    keepAlive.cancel();
    this.listeners.delete(listener);
    if (this.listeners.size === 0) this.stop();
    res.end();
  }

  private start(): void {
    this.timer ??= this.deps.clock.every(LOOK_MS, () => {
      void this.look().then(() => {
        for (const listener of this.listeners) listener();
      });
    });
  }

  private stop(): void {
    this.timer?.cancel();
    this.timer = undefined;
  }

  private look(): Promise<void> {
    this.looking ??= this.read()
      .catch(error => {
        (this.deps.logger ?? silentLogger).warn('overview.failed', { error: (error as Error).message });
      })
      .finally(() => {
        this.looking = undefined;
      });
    return this.looking;
  }

  private async read(): Promise<void> {
    const { store, agents, incidents, runs, care } = this.deps;
    const [views, all, known] = await Promise.all([agents.list(), incidents(), runs()]);
    if (this.looks++ % LIFE_EVERY === 0 || !this.slow) {
      const stats = await store.stats();
      this.slow = {
        life: views.map(lifeOf),
        store: [storeHead(store, stats, this.deps.storeWarnings())],
      };
    }
    const open = all.filter(one => one.resolvedAt === undefined);
    const over = all.filter(one => one.resolvedAt !== undefined).slice(0, NEWEST_OVER);
    this.feed.update({
      ...this.slow,
      service: [
        {
          id: 'service',
          version: packageVersion,
          startedAt: isoMicros(this.deps.startedAt),
          watching: this.deps.watching(),
          kibana: this.deps.kibana,
        },
      ],
      agents: views.map(agentHead),
      incidents: [...open, ...over].map(one => incidentHead(one, care?.(one.id))),
      runs: known.slice(0, NEWEST_RUNS).map(run => runReply(run, all)),
    });
  }
}
