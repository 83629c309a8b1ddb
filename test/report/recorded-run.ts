import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { LineDetector } from '../../src/detect/detector.js';
import { loadBuiltInPacks } from '../../src/detect/load.js';
import { marksOf } from '../../src/detect/marks.js';
import { IncidentEngine } from '../../src/incidents/engine.js';
import { readRecording } from '../../src/incidents/replay/recording.js';
import { agentOf, TAIL_MS } from '../../src/incidents/replay/replay.js';
import { programsOf } from '../../src/incidents/settings.js';
import { defined } from '../../src/platform/defined.js';
import { derivedId } from '../../src/platform/ids.js';
import { packageRoot } from '../../src/platform/package-root.js';
import { SourceParser } from '../../src/records/parser.js';
import { openEmbeddedStore } from '../../src/store/embedded/embedded-store.js';
import type { SourceAppend, Store } from '../../src/store/store.js';

export interface StoredRuns {
  store: Store;
  engine: IncidentEngine;
  close(): Promise<void>;
}

/**
 * Recorded runs of samples/, one after the other through parser, detector, store and incident engine.
 * @param into a store of the caller's; else an embedded one is made
 */
export async function storeRecordedRuns(names: readonly string[], into?: Store): Promise<StoredRuns> {
  const directory = mkdtempSync(path.join(os.tmpdir(), 'deadair-report-'));
  const store = into ?? (await openEmbeddedStore({ directory, readers: 1 }));
  const packs = loadBuiltInPacks();
  const engine = new IncidentEngine({ ...programsOf(packs) });
  const detector = new LineDetector(packs);
  for (const name of names) await play(name, store, engine, detector);
  return {
    store,
    engine,
    close: async () => {
      await store.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function play(
  name: string,
  store: Store,
  engine: IncidentEngine,
  detector: LineDetector,
): Promise<void> {
  const { arrivals, contents } = readRecording(path.join(packageRoot, 'samples', name));
  const parsers = new Map<string, SourceParser>();
  const waiting: SourceAppend[] = [];
  for (const { at, file, offset, bytes } of arrivals) {
    const parser = parsers.get(file) ?? new SourceParser();
    parsers.set(file, parser);
    const part = Uint8Array.from(contents.get(file)!.subarray(offset, offset + bytes));
    const records = parser.push(part, offset, { observedAt: at });
    const asked = { id: `${name} ${file}`, path: file };
    detector.scan(records, asked);
    const program = detector.sources.of(asked)?.program;
    const agent = agentOf(file);
    const host = agent === 'controller' ? 'ctl' : agent.replace('agent-', 'node');
    const source = { id: derivedId(name, file), agent, host, path: `/home/ubuntu/sai3-logs/${file}` };
    engine.advance(at);
    engine.activity({ agent, host, observedAt: at, ingestedAt: at });
    const origin = { ...source, source: source.id, observedAt: at, ingestedAt: at, seq: 0 };
    for (const mark of marksOf(records, origin)) engine.mark(mark);
    store.labelRuns?.(engine.runs());
    // What comes from different files goes in one commit, as collectors send it.
    if (waiting.some(one => one.source.id === source.id)) await store.append(waiting.splice(0));
    waiting.push({
      source: { ...source, head: { length: 0, hash: '' } },
      from: offset,
      to: offset + bytes,
      observedAt: at,
      ingestedAt: at,
      records,
      ...defined({ program }),
    });
  }
  await store.append(waiting);
  const end = arrivals.at(-1)!.at;
  engine.outage(end);
  engine.advance(end + TAIL_MS);
}
