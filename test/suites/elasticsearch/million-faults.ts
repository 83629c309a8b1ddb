import type { Client } from '@elastic/elasticsearch';
import type { TestServer } from './server.js';
import type { StoringProcess } from './storing-process.js';

export interface Fault {
  name: string;
  /** Share of the lines after which it comes. */
  at: number;
  run(): Promise<void>;
}

export interface Scene {
  server: TestServer;
  admin: Client;
  /** The lines' data stream. */
  stream: string;
  processes: readonly StoringProcess[];
  /** A service starts while Elasticsearch is away. */
  startsWithout: boolean;
  /** Resolves while lines are being stored. */
  underWay(): Promise<void>;
}

/** What befalls a store of a million lines, in order. */
export function faultsOf({ server, admin, stream, processes, startsWithout, underWay }: Scene): Fault[] {
  const rollover = async () => {
    await admin.indices.rollover({ alias: stream });
  };
  const ruleMapping = (type: string | undefined) =>
    admin.indices.putIndexTemplate({
      name: 'foreign',
      index_patterns: [type === undefined ? 'none' : stream],
      priority: 900,
      data_stream: {},
      composed_of: ['deadair-line'],
      template: {
        mappings: { properties: { deadair: { properties: { rule: { type: type ?? 'keyword' } } } } as never },
      },
    });
  const watermark = async (full: boolean) => {
    const level = full ? '1000tb' : null;
    await admin.cluster.putSettings({
      persistent: {
        'cluster.routing.allocation.disk.threshold_enabled': full ? true : null,
        'cluster.info.update.interval': full ? '10s' : null,
        'cluster.routing.allocation.disk.watermark.low': level,
        'cluster.routing.allocation.disk.watermark.high': level,
        'cluster.routing.allocation.disk.watermark.flood_stage': level,
      },
    });
  };
  const isBlocked = async () =>
    JSON.stringify(await admin.indices.getSettings({ index: stream })).includes('read_only_allow_delete');
  return [
    { name: 'rollover', at: 0.1, run: rollover },
    {
      name: 'kill -9 of a service, and rollover',
      at: 0.2,
      async run() {
        await underWay();
        await processes[0]!.kill();
        await rollover();
        processes[0]!.start();
      },
    },
    {
      name: 'mapping conflict',
      at: 0.35,
      async run() {
        await ruleMapping('long');
        await rollover();
      },
    },
    {
      name: 'mapping repaired',
      at: 0.4,
      async run() {
        await ruleMapping(undefined);
        await rollover();
      },
    },
    {
      // What a claim of one service left is taken up by the other.
      name: 'kill -9 of all services, and each goes on with logs of another',
      at: 0.5,
      async run() {
        await underWay();
        const logs = await Promise.all(processes.map(one => one.kill()));
        for (const [i, one] of processes.entries()) one.start(logs[(i + 1) % logs.length]!);
      },
    },
    {
      name: 'disk full',
      at: 0.55,
      async run() {
        await watermark(true);
        const end = performance.now() + 60_000;
        while (!(await isBlocked())) {
          if (performance.now() > end) throw new Error('no index was blocked within a minute');
          await new Promise(resolve => setTimeout(resolve, 500));
        }
        await watermark(false);
        await admin.indices.putSettings({
          index: `${stream},deadair-*`,
          settings: { index: { blocks: { read_only_allow_delete: null } } } as never,
        });
      },
    },
    {
      name: 'kill -9 of Elasticsearch, and rollover',
      at: 0.7,
      async run() {
        await underWay();
        server.kill();
        await server.start();
        await rollover();
      },
    },
    {
      name: 'kill -9 of Elasticsearch and of all services',
      at: 0.85,
      async run() {
        await underWay();
        server.kill();
        for (const one of processes) await one.kill();
        if (startsWithout) for (const one of processes) one.start();
        await server.start();
        if (!startsWithout) for (const one of processes) one.start();
      },
    },
  ];
}
