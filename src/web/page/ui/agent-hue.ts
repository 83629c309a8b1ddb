/**
 * A hue per agent, far apart for neighbours: the number at the end of a name steps round the colour circle by the golden
 * angle, which a hash of the whole name does not do for agent-1, agent-2 …
 */
export function agentHue(agent: string): number {
  const number = Number(/\d+$/.exec(agent)?.[0] ?? 0);
  let hash = 7;
  for (const character of agent.replace(/\d+$/, '')) hash = (hash * 31 + character.charCodeAt(0)) % 3600;
  return Math.round((hash / 10 + number * 137.508) % 360);
}
