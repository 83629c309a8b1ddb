import type { Mark } from '../model/finding.js';
import { isFault } from '../model/vocabulary.js';
import { defined } from '../platform/defined.js';
import { naturalOrder } from '../platform/natural-order.js';
import type { ComplaintMatrix } from './model.js';

const AGENT_FAULTS = /^agent\.(failed|stream-error|connect-failed|abort-unreachable|late|rejected)$/;
const CONTROLLER_FAULTS = /^controller\.(lost|silent)$/;

/**
 * Who complained about whom: a column is a bad host, a row a bad view, a block a switch or a partition. A line counts
 * when it names a peer by id, or by an address that an agent's name is known for.
 */
export function complaintMatrix(
  marks: readonly Mark[],
  agents: readonly string[],
  controller: string | undefined,
): ComplaintMatrix {
  const known = new Set([...agents, ...(controller ? [controller] : [])]);
  const counts = new Map<string, Map<string, number>>();
  for (const mark of marks) {
    const about = subjectOf(mark, known, controller);
    if (!about || about === mark.agent) continue;
    const row = counts.get(mark.agent) ?? new Map<string, number>();
    counts.set(mark.agent, row);
    row.set(about, (row.get(about) ?? 0) + 1);
  }
  const by = [...counts.keys()].sort(byNumber);
  const about = [...new Set([...counts.values()].flatMap(row => [...row.keys()]))].sort(byNumber);
  const table = by.map(name => about.map(other => counts.get(name)!.get(other) ?? 0));
  const reading = readingOf(by, about, table, agents, controller);
  return { by, about, counts: table, ...defined({ reading }) };
}

function subjectOf(
  mark: Mark,
  known: ReadonlySet<string>,
  controller: string | undefined,
): string | undefined {
  const complains =
    isFault(mark.class) || AGENT_FAULTS.test(mark.event ?? '') || CONTROLLER_FAULTS.test(mark.event ?? '');
  if (!complains) return undefined;
  const named = mark.fields?.agent ?? mark.fields?.peer;
  if (named && known.has(named)) return named;
  if (CONTROLLER_FAULTS.test(mark.event ?? '')) return controller ?? 'controller';
  return undefined;
}

function readingOf(
  by: string[],
  about: string[],
  counts: number[][],
  agents: readonly string[],
  controller: string | undefined,
): string | undefined {
  if (by.length === 0) return undefined;
  const accused = about.filter((_, j) => counts.some(row => row[j]! > 0));
  const accusedAgents = accused.filter(name => name !== controller);
  if (controller && accused.length === 1 && accused[0] === controller && by.length > 1)
    return `${by.length} agents complain about the controller: it, or its network, is the likely culprit.`;
  if (accusedAgents.length === 1)
    return `All complaints about agents point at ${accusedAgents[0]}: it is the bad host, not the view of one.`;
  if (agents.length > 2 && accusedAgents.length === agents.length)
    return 'Every agent is complained about at once: the controller’s own network or a switch, not the agents.';
  return undefined;
}

export function byNumber(a: string, b: string): number {
  return naturalOrder(a, b);
}
