/** What people did about an incident; kept beside it, for what the engine concludes is the engine's alone. Times: ms. */
export interface Care {
  /** Somebody looks at it. */
  acknowledged?: { by: string; at: number };
  /** Somebody said that it is over. */
  closed?: { by: string; at: number };
  /** Oldest first. */
  notes: { by: string; at: number; text: string }[];
}

export const NO_CARE: Care = { notes: [] };
