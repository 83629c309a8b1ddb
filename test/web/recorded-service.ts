import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { openDoors } from '../../src/access/open.js';
import { accessRoutes } from '../../src/access/routes.js';
import type { HostLife } from '../../src/agents/views.js';
import { AlertSettings } from '../../src/alerts/settings.js';
import { backtestRoutes } from '../../src/backtest/routes.js';
import { LineDetector } from '../../src/detect/detector.js';
import { loadPacks } from '../../src/detect/load.js';
import { marksOf } from '../../src/detect/marks.js';
import { createWebApp, listen, type RunningServer } from '../../src/http/server.js';
import { IncidentEngine } from '../../src/incidents/engine.js';
import { type Recording, readRecording } from '../../src/incidents/replay/recording.js';
import { programsOf } from '../../src/incidents/settings.js';
import type { Run } from '../../src/model/run.js';
import { type Clock, VirtualClock } from '../../src/platform/clock.js';
import { derivedId } from '../../src/platform/ids.js';
import { silentLogger } from '../../src/platform/logger.js';
import { SourceParser } from '../../src/records/parser.js';
import { settingsOfPacks } from '../../src/report/collect.js';
import { hostRoutes } from '../../src/report/host-routes.js';
import { laneRoutes } from '../../src/report/lane-routes.js';
import { reportRoutes } from '../../src/report/routes.js';
import type { RunBook } from '../../src/runs/book.js';
import { openEmbeddedStore } from '../../src/store/embedded/embedded-store.js';
import type { Store } from '../../src/store/store.js';
import { IncidentContexts } from '../../src/templates/around-incidents.js';
import { Profiles } from '../../src/templates/profiles.js';
import { readApi } from '../../src/web/api/read-api.js';
import { mountPage } from '../../src/web/page-files.js';

export interface RecordedServiceOptions {
  token?: string;
  /** Default: stands at the end of the recording. */
  clock?: Clock;
  recording?: Recording;
}

/**
 * The read API and the page over a real store that holds a recorded run, as far as it had come by `until`: parser,
 * detector, store and incident engine are the service's own, only collector and intake are left out.
 */
export class RecordedService {
  private readonly parsers = new Map<string, SourceParser>();
  private readonly positions = new Map<string, number>();
  private readonly detector = new LineDetector(loadPacks());
  private next = 0;

  private constructor(
    readonly store: Store,
    readonly engine: IncidentEngine,
    readonly recording: Recording,
    readonly server: RunningServer,
    private readonly directory: string,
    readonly clock: Clock,
    readonly hosts: HostLife[],
    readonly profiles: Profiles,
  ) {}

  static async start(options: RecordedServiceOptions = {}): Promise<RecordedService> {
    const recording = options.recording ?? readRecording('samples/07-linkdown-permanent');
    const end = recording.arrivals.at(-1)?.at ?? 0;
    const clock = options.clock ?? new VirtualClock(end + 20_000);
    const directory = mkdtempSync(path.join(tmpdir(), 'deadair-web-'));
    const store = await openEmbeddedStore({ directory, clock, readers: 1 });
    const engine = new IncidentEngine({ ...programsOf(loadPacks()) });
    const hosts: HostLife[] = [];
    const runs = engineRuns(engine);
    const incidents = async () => [...engine.incidents()].reverse();
    const profiles = new Profiles({ store, clock, runs: () => runs.list(), incidents });
    const contexts = new IncidentContexts({ store, clock, profiles, runs: () => runs.list() });
    const backtests = backtestRoutes({
      store,
      clock,
      runs: () => runs.list(),
      packs: loadPacks,
      engine: {},
      alerts: AlertSettings.parse({}),
    });
    const routes = readApi({
      store,
      clock,
      hosts: () => hosts,
      incidents,
      runs,
      patterns: {
        profiles,
        unusual: async id => {
          const incident = engine.incidents().find(one => one.id === id);
          return incident ? contexts.lookAround(incident) : [];
        },
      },
      lateAfter: 15_000,
      silentAfter: 60_000,
      watching: () => ['/home/ubuntu/sai3-logs'],
    });
    const lanes = laneRoutes({ store, clock, runs: () => runs.list(), incidents, clocks: () => [] });
    const tallies = hostRoutes({ clock, runs: () => runs.list(), incidents, hosts: () => [] });
    const reports = reportRoutes(
      {
        store,
        runs: () => runs.list(),
        incidents: async run => engine.incidents().filter(one => one.run === run.id),
        clocks: () => [],
        settings: settingsOfPacks(loadPacks()),
        profiles,
      },
      clock,
    );
    const settings = { bind: '127.0.0.1', port: 0 };
    const doors = await openDoors({
      documents: store.documents,
      clock,
      logger: silentLogger,
      ownToken: options.token,
    });
    const own = accessRoutes({ ...doors, clock, secure: false });
    const server = await listen(
      createWebApp({
        settings,
        routes: [...routes, ...backtests, ...lanes, ...reports, ...tallies, ...own],
        access: doors.access,
        mountPage,
        checkReplies: true,
      }),
      settings,
    );
    return new RecordedService(store, engine, recording, server, directory, clock, hosts, profiles);
  }

  /** Lets another recording arrive as a whole, before or after this one. */
  async playAll({ arrivals, contents }: Recording): Promise<void> {
    for (const { at, file, offset, bytes } of arrivals) {
      const content = contents.get(file);
      if (content) await this.arrive(file, Uint8Array.from(content.subarray(offset, offset + bytes)), at);
    }
  }

  /** Lets the recording arrive up to `until` (ms since the epoch; default: all of it). */
  async play(until = Number.POSITIVE_INFINITY): Promise<void> {
    const { arrivals, contents } = this.recording;
    for (; this.next < arrivals.length && arrivals[this.next]!.at <= until; this.next++) {
      const { at, file, offset, bytes } = arrivals[this.next]!;
      const content = contents.get(file);
      if (content) await this.arrive(file, Uint8Array.from(content.subarray(offset, offset + bytes)), at);
    }
  }

  /** Bytes of a file come: parsed, detected, stored, and told to the incident engine. */
  async arrive(file: string, bytes: Uint8Array, at: number): Promise<void> {
    const agent = file.replace(/\.log$/, '');
    const id = derivedId('recorded', file);
    const parser = this.parsers.get(file) ?? new SourceParser();
    this.parsers.set(file, parser);
    const from = this.positions.get(file) ?? 0;
    const records = parser.push(bytes, from, { observedAt: at });
    this.detector.scan(records, { id, path: file });
    this.positions.set(file, from + bytes.length);
    const source = {
      id,
      agent,
      host: `host-${agent}`,
      path: `/home/ubuntu/sai3-logs/${file}`,
      head: { length: 0, hash: '' },
    };
    const origin = {
      agent,
      host: source.host,
      path: source.path,
      source: id,
      observedAt: at,
      ingestedAt: at,
      seq: 0,
    };
    const marks = marksOf(records, origin);
    await this.store.append([
      { source, from, to: from + bytes.length, observedAt: at, ingestedAt: at, records },
    ]);
    this.engine.activity({ agent, host: source.host, observedAt: at, ingestedAt: at });
    for (const mark of marks) this.engine.mark(mark);
    this.engine.advance(at);
  }

  async stop(): Promise<void> {
    await this.server.stop(100);
    await this.store.close();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** Runs as the engine tells them; marking by hand belongs to the service's own book. */
function engineRuns(engine: IncidentEngine): Pick<RunBook, 'list' | 'start' | 'stop' | 'pin'> {
  const list = async (): Promise<Run[]> => [...engine.runs()].sort((a, b) => b.startedAt - a.startedAt);
  const refuse = async (): Promise<never> => {
    throw new Error('not in this test');
  };
  return { list, start: refuse, stop: refuse, pin: refuse };
}
