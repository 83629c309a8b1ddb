import { loadBuiltInPacks } from '../../src/detect/load.js';
import { VirtualClock } from '../../src/platform/clock.js';
import { buildPostMortem } from '../../src/report/build.js';
import { collectInputs, type ReportSources, settingsOfPacks } from '../../src/report/collect.js';
import type { PostMortem } from '../../src/report/model.js';
import { findRun } from '../../src/runs/find.js';
import { Profiles } from '../../src/templates/profiles.js';
import { type StoredRuns, storeRecordedRuns } from './recorded-run.js';

/** Offsets as heartbeats would show them; the recordings have none. */
const CLOCKS = Array.from({ length: 8 }, (_, i) => ({
  agent: `agent-${i + 1}`,
  host: `node${i + 1}`,
  offsetMs: 0.4 - i * 0.1,
  plusMinusMs: 1.2,
}));

/** The post-mortem of the last of the recorded runs given, the others before it in store and engine. */
export async function recordedReport(...names: string[]): Promise<PostMortem> {
  const stored = await storeRecordedRuns(names);
  try {
    const sources = sourcesOf(stored);
    const run = findRun(await sources.runs());
    return buildPostMortem(await collectInputs(sources, run, run.startedAt + 3_600_000));
  } finally {
    await stored.close();
  }
}

export function sourcesOf({ store, engine }: StoredRuns): ReportSources {
  const clock = new VirtualClock(Math.max(0, ...engine.runs().map(run => run.startedAt)) + 3_600_000);
  const runs = async () => engine.runs().sort((a, b) => b.startedAt - a.startedAt);
  return {
    profiles: new Profiles({ store, runs, incidents: () => engine.incidents(), clock }),
    store,
    runs,
    incidents: async run => engine.incidents().filter(one => one.run === run.id),
    clocks: () => CLOCKS,
    settings: settingsOfPacks(loadBuiltInPacks()),
  };
}
