/** Words of explanations: lists of names, reasons. */

/** `agent-1, agent-2 and agent-3`; a long list is cut. */
export function list(names: string[]): string {
  if (names.length <= 1) return names.join('');
  if (names.length > 12) return `${names.slice(0, 10).join(', ')} and ${names.length - 10} more`;
  return `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

/** The telling part of an error text: no wrapping, no empty metadata. */
export function brief(reason: string | undefined): string {
  if (!reason) return '';
  const message = /message: "([^"]+)"/.exec(reason)?.[1] ?? reason;
  return message.replace(/^(Agent workload failed|Stream error): /, '').slice(0, 160);
}
