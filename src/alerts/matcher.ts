import { z } from 'zod';
import { INCIDENT_KINDS, type Incident, SEVERITIES } from '../model/incident.js';
import { NameGlob } from '../platform/glob.js';

/** A name with `*` and `?` as wildcards: `agent-*`. */
/** `*` and `?`, as Alertmanager's users and shells know them. */
const WILDCARDS = { single: true };

const Glob = z.string().min(1).max(200);

const fields = {
  severity: z.enum(SEVERITIES).optional().describe('At least this severe.'),
  kinds: z
    .array(z.enum(INCIDENT_KINDS).meta({ title: 'kind of incident' }))
    .min(1)
    .optional()
    .describe('Kinds of incidents.'),
  agents: z.array(Glob).min(1).optional().describe('Agent ids or `controller`, with wildcards.'),
  runs: z.array(Glob).min(1).optional().describe('Run ids or names, with wildcards.'),
  incident: z.string().max(64).optional().describe("One incident's id."),
};

/** Which incidents a route, silence or maintenance window concerns; what is absent matches all. */
export const Matcher = z.strictObject(fields);
export type Matcher = z.infer<typeof Matcher>;
export const matcherFields = fields;

/**
 * @param subjects `any`: one matching agent is enough (a route: somebody wants to know). `all`: every agent must
 *   match (a silence on agent-1 must not hide that agents 1 to 8 are cut off).
 */
export function matches(
  matcher: Matcher,
  incident: Incident,
  runName: string | undefined,
  subjects: 'any' | 'all',
): boolean {
  if (matcher.severity && SEVERITIES.indexOf(incident.severity) < SEVERITIES.indexOf(matcher.severity))
    return false;
  if (matcher.kinds && !matcher.kinds.includes(incident.kind)) return false;
  if (matcher.incident && matcher.incident !== incident.id) return false;
  if (matcher.runs) {
    const names = [incident.run, runName].filter(name => name !== undefined);
    if (!names.some(name => matcher.runs!.some(glob => new NameGlob(glob, WILDCARDS).matches(name))))
      return false;
  }
  if (matcher.agents) {
    const named = (subject: string) =>
      matcher.agents!.some(glob => new NameGlob(glob, WILDCARDS).matches(subject));
    const enough = subjects === 'any' ? incident.subjects.some(named) : incident.subjects.every(named);
    if (!enough || incident.subjects.length === 0) return false;
  }
  return true;
}
