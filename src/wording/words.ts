/** Words for people: times, spans, lists. Times are UTC, as logs have them. */

export function clock(at: number): string {
  return new Date(at).toISOString().slice(11, 19);
}

export function span(milliseconds: number): string {
  const seconds = Math.abs(milliseconds) / 1000;
  if (seconds < 10) return `${(Math.round(seconds * 10) / 10).toString()} s`;
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7200) return `${Math.round(seconds / 60)} min`;
  return `${(Math.round(seconds / 360) / 10).toString()} h`;
}

/** `agent-1, agent-2 and agent-3`; a long list is cut. */
export function list(names: string[]): string {
  if (names.length <= 1) return names.join('');
  if (names.length > 12) return `${names.slice(0, 10).join(', ')} and ${names.length - 10} more`;
  return `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

export function plural(count: number, word: string): string {
  return `${count} ${word}${count === 1 ? '' : 's'}`;
}

/** The telling part of an error text: no wrapping, no empty metadata. */
export function brief(reason: string | undefined): string {
  if (!reason) return '';
  const message = /message: "([^"]+)"/.exec(reason)?.[1] ?? reason;
  return message.replace(/^(Agent workload failed|Stream error): /, '').slice(0, 160);
}

// localeCompare with options makes a collator a call: 100 agents with a sign of life a second took 20 CPU s for five minutes, not 0.8
const NUMBERED = new Intl.Collator('en', { numeric: true });

/** agent-2 before agent-10. */
export const byNumber: (a: string, b: string) => number = NUMBERED.compare;

/** How close together things happened. */
export function within(milliseconds: number): string {
  return milliseconds < 100 ? 'in the same instant' : `within ${span(milliseconds)}`;
}
