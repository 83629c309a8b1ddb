import { DOCUMENT_KINDS } from '../model/document-kinds.js';
import type { Incident } from '../model/incident.js';
import type { Run } from '../model/run.js';
import type { Clock } from '../platform/clock.js';
import { messageOf } from '../platform/errors.js';
import { type Logger, silentLogger } from '../platform/logger.js';
import { Serial } from '../platform/serial.js';
import type { Query } from '../query/ast.js';
import { literal } from '../query/glob.js';
import { runSpan } from '../runs/span.js';
import type { SkeletonCount, Tally } from '../skeletons/tally.js';
import type { Store } from '../store/store.js';
import { countPatterns } from './count.js';
import type { ComparedTally } from './diff.js';

/** What a run's lines consisted of; kept when its lines are gone. */
export interface Profile {
  run: { id: string; name: string; startedAt: number; endedAt: number };
  agents: string[];
  /** It completed, and nothing was wrong with it. */
  healthy: boolean;
  tally: Tally;
  /** It had more kinds of lines than are kept. */
  truncated: boolean;
}

/** Late lines of a run may come so long after. */
const SETTLED_MS = 30_000;
const MOST_SKELETONS = 5_000;
const PROFILES_KEPT = 30;
const EXAMPLE = 300;

export interface ProfilesDeps {
  store: Pick<Store, 'search' | 'tally' | 'documents'>;
  /** Newest first. */
  runs: () => Promise<Run[]>;
  incidents: () => Incident[] | Promise<Incident[]>;
  clock: Clock;
  logger?: Logger;
}

/** Profiles of runs: made from the stored lines once a run has ended, or when somebody asks. */
export class Profiles {
  private readonly turns = new Serial();

  constructor(private readonly deps: ProfilesDeps) {}

  /** The lines of a run: [from, to), not into the next one, of its own hosts. @param now ms since the epoch */
  static lines(run: Run, runs: readonly Run[], now: number): { query: Query; from: number; to: number } {
    const names = [...run.agents, ...(run.controller ? [run.controller] : [])];
    const parts = names.map((agent): Query => ({ kind: 'field', field: 'agent', pattern: literal(agent) }));
    const query: Query = parts.length > 0 ? { kind: 'or', parts } : { kind: 'all' };
    return { query, ...runSpan(run, 'goodbyes', { now, runs }) };
  }

  /** The profile on record, or made now. */
  async of(run: Run, abort?: AbortSignal): Promise<Profile> {
    return (await this.saved(run)) ?? this.make(run, abort);
  }

  async saved(run: Pick<Run, 'id'>): Promise<Profile | undefined> {
    return (await this.deps.store.documents.get<Profile>(DOCUMENT_KINDS.profile, run.id))?.doc;
  }

  /** Healthy runs before a moment (default: all), newest first. */
  async healthy(before = Number.POSITIVE_INFINITY): Promise<Profile[]> {
    const list = await this.deps.store.documents.list<Profile>(DOCUMENT_KINDS.profile, {
      limit: PROFILES_KEPT,
      newestFirst: true,
    });
    return list
      .map(one => one.doc)
      .filter(one => one.healthy && one.run.startedAt < before)
      .sort((a, b) => b.run.startedAt - a.run.startedAt);
  }

  /** Makes what is missing: profiles of runs that have ended. Safe to call at any time. */
  keepUp(): Promise<void> {
    return this.turns
      .run(() => this.makeMissing())
      .catch(thrown =>
        (this.deps.logger ?? silentLogger).warn('templates.profile-failed', { error: messageOf(thrown) }),
      );
  }

  private async makeMissing(): Promise<void> {
    const { store, clock } = this.deps;
    const runs = (await this.deps.runs()).slice(0, PROFILES_KEPT);
    const kept = await store.documents.list<Profile>(DOCUMENT_KINDS.profile, { limit: 10 * PROFILES_KEPT });
    const known = new Set(kept.map(one => one.id));
    for (const run of runs) {
      if (known.has(run.id) || run.endedAt === undefined || clock.now() - run.endedAt < SETTLED_MS) continue;
      await store.documents.put(DOCUMENT_KINDS.profile, run.id, await this.make(run));
    }
    const wanted = new Set(runs.map(run => run.id));
    const surplus = kept
      .filter(one => !wanted.has(one.id))
      .sort((a, b) => b.doc.run.startedAt - a.doc.run.startedAt)
      .slice(PROFILES_KEPT);
    for (const { id } of surplus) await store.documents.delete(DOCUMENT_KINDS.profile, id);
  }

  private async make(run: Run, abort?: AbortSignal): Promise<Profile> {
    const { store, clock } = this.deps;
    const lines = Profiles.lines(run, await this.deps.runs(), clock.now());
    const tally = await countPatterns(store, lines, abort);
    const incidents = await this.deps.incidents();
    const wrong = incidents.some(one => one.run === run.id && one.severity !== 'info');
    const { skeletons } = tally;
    return {
      run: {
        id: run.id,
        name: run.name,
        startedAt: run.startedAt,
        endedAt: run.endedAt ?? clock.now(),
      },
      agents: run.agents,
      healthy: run.outcome === 'completed' && !wrong,
      tally: { ...tally, skeletons: skeletons.slice(0, MOST_SKELETONS).map(short) },
      truncated: skeletons.length > MOST_SKELETONS,
    };
  }
}

function short(one: SkeletonCount): SkeletonCount {
  return { ...one, example: one.example.slice(0, EXAMPLE) };
}

/** The lines of all these profiles as one: what is usual. Absent where there is none. */
export function usualLines(profiles: readonly Profile[]): Pick<Tally, 'skeletons'> | undefined {
  if (profiles.length === 0) return undefined;
  const skeletons = new Map<string, SkeletonCount>();
  for (const { tally } of profiles) for (const one of tally.skeletons) skeletons.set(one.text, one);
  return { skeletons: [...skeletons.values()] };
}

/** A run as `diffRuns` takes it. */
export function compared({ tally, run, agents }: Profile): ComparedTally {
  return { tally, agents, duration: run.endedAt - run.startedAt };
}
