const collator = new Intl.Collator('en', { numeric: true });

/**
 * Orders names as people count: agent-2 before agent-10. One collator for all: `localeCompare` with options makes a new one at every
 * call (measured: a sixth of the busy main thread while incidents were open).
 */
export function naturalOrder(a: string, b: string): number {
  return collator.compare(a, b);
}
