import { z } from 'zod';
import type { Care } from '../model/care.js';
import { CAUSES, type Evidence, INCIDENT_KINDS, type Incident, SEVERITIES } from '../model/incident.js';
import { isoMicros } from '../records/ecs.js';

const EvidenceReply = z.object({
  at: z.string(),
  by: z.string().describe('Agent, `controller`, or `deadair` for its own observations'),
  role: z.enum(['cause', 'symptom', 'consequence', 'recovery']),
  text: z.string(),
  record: z.string().optional().describe('event.id of the line'),
  path: z.string().optional(),
  rule: z.string().optional(),
});

/** An incident without its lines. */
export const IncidentFacts = z.object({
  id: z.string(),
  kind: z.enum(INCIDENT_KINDS),
  subjects: z.array(z.string()),
  cause: z.enum(CAUSES).nullable(),
  severity: z.enum(SEVERITIES),
  run: z.string().nullable(),
  startedAt: z.string().describe('When the fault began, as far as evidence tells'),
  openedAt: z.string().describe('When it could be known'),
  resolvedAt: z.string().nullable(),
  explanation: z.string().describe('One sentence'),
});

export const IncidentReply = IncidentFacts.extend({
  evidence: z.array(EvidenceReply),
  consequences: z.array(EvidenceReply).describe('What others logged because of it'),
});
export type IncidentReply = z.infer<typeof IncidentReply>;

export function incidentReply(incident: Incident): IncidentReply {
  return {
    ...incidentFacts(incident),
    evidence: incident.evidence.map(evidenceReply),
    consequences: incident.consequences.map(evidenceReply),
  };
}

/** Times as ISO texts, what is not known as null. */
export function incidentFacts(incident: Incident): z.infer<typeof IncidentFacts> {
  const { id, kind, subjects, severity, explanation } = incident;
  return {
    id,
    kind,
    subjects,
    cause: incident.cause ?? null,
    severity,
    run: incident.run ?? null,
    startedAt: isoMicros(incident.startedAt),
    openedAt: isoMicros(incident.openedAt),
    resolvedAt: incident.resolvedAt === undefined ? null : isoMicros(incident.resolvedAt),
    explanation,
  };
}

function evidenceReply(item: Evidence): z.infer<typeof EvidenceReply> {
  return { ...item, at: isoMicros(item.at) };
}

const Said = z.object({ by: z.string(), at: z.string() });
export const CareReply = z.object({
  acknowledged: Said.nullable().describe('Somebody looks at it'),
  closed: Said.nullable().describe('Somebody said that it is over'),
  notes: z.array(Said.extend({ text: z.string() })).describe('Oldest first'),
});

/** What people did about an incident. */
export function careReply({ acknowledged, closed, notes }: Care): z.infer<typeof CareReply> {
  const said = <T extends { at: number }>(one: T) => ({ ...one, at: isoMicros(one.at) });
  return {
    acknowledged: acknowledged ? said(acknowledged) : null,
    closed: closed ? said(closed) : null,
    notes: notes.map(said),
  };
}
