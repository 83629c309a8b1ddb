import type { Channel } from '../../src/alerts/channels/channel.js';
import { type AlertDependencies, AlertManager } from '../../src/alerts/manager.js';
import type { AlertMessage } from '../../src/alerts/message.js';
import { AlertSettings } from '../../src/alerts/settings.js';
import type { Incident, IncidentChange } from '../../src/model/incident.js';
import { VirtualClock } from '../../src/platform/clock.js';
import { MemoryDocuments } from './memory-documents.js';

export const START = Date.parse('2026-11-23T16:58:42.400Z');

/** The incident of recorded run 07 (link of agent-4 down for good), its lines as they were recorded. */
export function incident(changes: Partial<Incident> = {}): Incident {
  const at = Date.parse('2026-11-23T16:58:42.363Z');
  return {
    id: '01KAREC0RDED07AGENT4L0ST00',
    kind: 'agent-lost',
    subjects: ['agent-4'],
    cause: 'unresponsive',
    severity: 'critical',
    run: 'run-07',
    startedAt: Date.parse('2026-11-23T16:57:42.423Z'),
    openedAt: at,
    explanation:
      'agent-4 stopped answering; the controller gave it up after 40 s without a keepalive answer.',
    evidence: [
      {
        at: Date.parse('2026-11-23T16:58:42.358Z'),
        by: 'controller',
        role: 'symptom',
        text: 'Agent agent-4 stream error: status: Unknown, message: "h2 protocol error: error reading a body from connection", details: [], metadata: MetadataMap { headers: {} }',
        record: '01KARECSOURCE0000000000000:828',
      },
      {
        at,
        by: 'controller',
        role: 'cause',
        text: '❌ Agent agent-4 FAILED: Agent workload failed: status: Unknown, message: "h2 protocol error: error reading a body from connection", details: [], metadata: MetadataMap { headers: {} }',
        record: '01KARECSOURCE0000000000000:1043',
      },
    ],
    consequences: [
      {
        at: Date.parse('2026-11-23T16:58:42.374Z'),
        by: 'agent-1',
        role: 'consequence',
        text: '⚠️  Abort workload requested - sending cancellation signal',
      },
    ],
    updatedAt: at,
    ...changes,
  };
}

export function opened(changes: Partial<Incident> = {}): IncidentChange {
  const one = incident(changes);
  return { change: 'opened', incident: one, at: one.openedAt };
}

export function resolved(at: number, changes: Partial<Incident> = {}): IncidentChange {
  return { change: 'resolved', incident: incident({ resolvedAt: at, updatedAt: at, ...changes }), at };
}

/** A channel that keeps what it got; `answer` decides what becomes of an attempt. */
export class RecordingChannel implements Channel {
  readonly kind = 'recording';
  readonly received: AlertMessage[] = [];
  attempts = 0;
  answer: (attempt: number, signal: AbortSignal) => Promise<void> | void = () => {};

  constructor(readonly name = 'ops') {}

  async send(message: AlertMessage, signal: AbortSignal): Promise<void> {
    await this.answer(++this.attempts, signal);
    this.received.push(message);
  }

  get titles(): string[] {
    return this.received.map(message => message.title);
  }
}

export interface Rig {
  clock: VirtualClock;
  documents: MemoryDocuments;
  manager: AlertManager;
  channels: RecordingChannel[];
  /** Moves time in steps, letting what is due finish before it goes on. */
  pass(seconds: number): Promise<void>;
  /** A new process on the same store. */
  restart(): Promise<Rig>;
}

export async function rig(
  settings: Record<string, unknown> = {},
  given: Partial<AlertDependencies> & { clock?: VirtualClock; documents?: MemoryDocuments } = {},
): Promise<Rig> {
  const names = (settings.channels as string[] | undefined) ?? ['ops'];
  const parsed = AlertSettings.parse({ ...settings, channels: names.map(name => ({ name, kind: 'log' })) });
  const clock = given.clock ?? new VirtualClock(START);
  const documents = given.documents ?? new MemoryDocuments();
  const channels = (given.channels ?? names.map(name => new RecordingChannel(name))) as RecordingChannel[];
  const manager = new AlertManager({
    documents,
    channels,
    settings: parsed,
    clock,
    random: () => 0.5,
    ...given,
  });
  await manager.start();
  await manager.settled();
  const pass = async (seconds: number) => {
    const end = clock.now() + seconds * 1000;
    const step = Math.min(1000, Math.max(250, (seconds * 1000) / 4000));
    while (clock.now() < end) {
      clock.advanceTo(Math.min(end, clock.now() + step));
      await manager.settled();
    }
  };
  return {
    clock,
    documents,
    manager,
    channels,
    pass,
    restart: async () => {
      await manager.stop();
      return rig(settings, { ...given, clock, documents, channels });
    },
  };
}
