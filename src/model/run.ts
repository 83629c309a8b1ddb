export interface Run {
  id: string;
  /** Shown to people: the program's configuration name or what was given by hand. */
  name: string;
  startedAt: number;
  endedAt?: number;
  outcome?: 'completed' | 'failed' | 'interrupted' | 'lost';
  startedBy: 'pack' | 'run-command' | 'hand';
  controller?: string;
  agents: string[];
  /** How many agents its controller says there are; some of them may never have been heard of. */
  announced?: number;
  pinned: boolean;
}

/** How many agents a run has: those that are known, or as many as its controller says where not all were heard of. */
export function agentsIn({
  agents,
  announced = 0,
}: {
  agents: readonly string[];
  announced?: number | undefined;
}): number {
  return Math.max(agents.length, announced);
}
