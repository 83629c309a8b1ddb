import type { IncidentChange } from '../../model/incident.js';
import type { MarkPack } from '../../model/mark-pack.js';
import type { Attempt, ProbeResult } from '../../model/probe.js';
import type { Run } from '../../model/run.js';
import type { Heartbeat } from '../../wire/protocol.js';
import type { Answer, Question } from '../explain.js';
import type { Activity, LostBytes } from '../inputs.js';
import type { EngineSettings } from '../settings.js';

/** What the engine is told, in order. Times are ms since the epoch, by the server's clock. */
export type EngineInput =
  | { marks: MarkPack }
  | { activity: Activity }
  | { heartbeat: Heartbeat; at: number }
  | { probe: ProbeResult }
  | { attempt: Attempt }
  | { gap: LostBytes }
  /** Deadair was not looking. */
  | { outage: { from: number; to: number } }
  /** The server's clock was set back and shows this now. */
  | { setBack: { to: number } }
  | { retire: { agent: string; retired: boolean } };

/** An address that a controller can't use for an agent that Deadair knows. */
export interface WantedTry {
  agent: string;
  address: string;
}

/** What the engine has to say after it was asked. */
export interface Advanced {
  changes: IncidentChange[];
  /** Runs that are new or not what they were. */
  runs: Run[];
  /** Addresses that somebody should try (`EngineInput.attempt`), each told once. */
  wanted: WantedTry[];
}

/**
 * The incident engine as the service uses it, in a thread or not: everything goes in by `feed`, which is not waited for, and is
 * taken in the order of the calls.
 */
export interface EngineClient {
  /**
   * Begins anew, from a saved state if there is one.
   * @returns why the state can't be read (another version's), where it can't: then it begins with none
   */
  begin(settings: Partial<EngineSettings>, saved: string | undefined): Promise<{ unreadable?: string }>;
  /** @param inputs bytes of packed marks are given away */
  feed(inputs: EngineInput[]): void;
  /** @param now up to when; see IncidentEngine.advance */
  advance(now: number): Promise<Advanced>;
  explain(question: Question): Promise<Answer>;
  /** Everything, packed, for `begin`. */
  save(): Promise<string>;
  /** Ends it at once, whatever it does. */
  end(): Promise<void>;
}

/** What crosses between the threads. */
export interface EngineCalls {
  begin(settings: Partial<EngineSettings>, saved: string | undefined): { unreadable?: string };
  feed(inputs: EngineInput[]): void;
  advance(now: number): Advanced;
  explain(question: Question): Answer;
  save(): string;
}
