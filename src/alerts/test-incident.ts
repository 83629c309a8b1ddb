import type { Incident } from '../model/incident.js';

/** What `deadair alerts test` sends: clearly a test, in the shape of the real thing. */
export function testIncident(now: number): Incident {
  return {
    id: `test-${Math.floor(now).toString(36)}`,
    kind: 'agent-lost',
    subjects: ['agent-0'],
    cause: 'unresponsive',
    severity: 'info',
    startedAt: now,
    openedAt: now,
    explanation: 'This is a test message of Deadair; nothing happened, and nothing needs to be done.',
    evidence: [{ at: now, by: 'deadair', role: 'cause', text: 'Somebody asked for a test of this channel.' }],
    consequences: [],
    updatedAt: now,
  };
}
