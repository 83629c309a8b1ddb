/** What a query says of lines of which something is known (origin, level and class; their shape): no, yes, or the line must be looked at. */
export const NO = 0;
export const YES = 1;
export const MAYBE = 2;
export type Verdict = typeof NO | typeof YES | typeof MAYBE;
