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
  pinned: boolean;
}
