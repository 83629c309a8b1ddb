import { agentsByPeer, type Trouble } from './network-signals.js';

/** What an agent says within so long of each other is of one trouble, ms. */
const ONE_TROUBLE = 60_000;

/**
 * Troubles that are one incident each, by key: those of many about one peer, or of one about many.
 * @param lost agents that are lost: what they say is of that
 */
export function groupsOf(open: ReadonlySet<Trouble>, lost: ReadonlySet<string>): Map<string, Trouble[]> {
  const peers = agentsByPeer(open);
  const groups = new Map<string, Trouble[]>();
  const isShared = ({ about }: Trouble) => about !== undefined && peers.get(about)!.size > 1;
  const shared = new Map<string, Trouble[]>();
  for (const trouble of open) if (isShared(trouble)) gather(shared, trouble.agent, trouble);
  for (const trouble of open) {
    if (lost.has(trouble.agent)) continue;
    const about = isShared(trouble) ? trouble.about : sharedWith(trouble, shared.get(trouble.agent) ?? []);
    gather(groups, about === undefined ? `of:${trouble.agent}` : `about:${about}`, trouble);
  }
  return groups;
}

/**
 * What an agent says of nobody by name belongs to what it says at that time, with others, of one peer.
 * @param shared what the same agent says with others
 */
function sharedWith({ since = 0 }: Trouble, shared: readonly Trouble[]): string | undefined {
  return shared.find(other => Math.abs((other.since ?? 0) - since) <= ONE_TROUBLE)?.about;
}

function gather(groups: Map<string, Trouble[]>, key: string, trouble: Trouble): void {
  const group = groups.get(key);
  if (group) group.push(trouble);
  else groups.set(key, [trouble]);
}
