/** Times, durations, sizes and colours as the page shows them. */

export interface TimeStyle {
  utc: boolean;
}

const pad = (value: number, digits = 2) => String(value).padStart(digits, '0');

/** `16:58:42.358`, with the day in front where it is not `near`'s day. */
export function clockTime(ms: number, style: TimeStyle, near: number = Date.now()): string {
  const time = shifted(ms, style);
  const text = `${pad(time.getUTCHours())}:${pad(time.getUTCMinutes())}:${pad(time.getUTCSeconds())}.${pad(time.getUTCMilliseconds(), 3)}`;
  return day(time) === day(shifted(near, style)) ? text : `${day(time).slice(5)} ${text}`;
}

/** `2026-11-23 16:58:42.358 +01:00` */
export function fullTime(ms: number, style: TimeStyle): string {
  const time = shifted(ms, style);
  return `${day(time)} ${pad(time.getUTCHours())}:${pad(time.getUTCMinutes())}:${pad(time.getUTCSeconds())}.${pad(time.getUTCMilliseconds(), 3)} ${zone(ms, style)}`;
}

export function shortTime(ms: number, style: TimeStyle, near: number = Date.now()): string {
  return clockTime(ms, style, near).replace(/\.\d+$/, '');
}

function zone(ms: number, style: TimeStyle): string {
  if (style.utc) return 'UTC';
  const minutes = -new Date(ms).getTimezoneOffset();
  return `${minutes < 0 ? '−' : '+'}${pad(Math.floor(Math.abs(minutes) / 60))}:${pad(Math.abs(minutes) % 60)}`;
}

/** A Date whose UTC fields read as the wanted zone's. */
function shifted(ms: number, style: TimeStyle): Date {
  return new Date(style.utc ? ms : ms - new Date(ms).getTimezoneOffset() * 60_000);
}

const day = (time: Date) =>
  `${time.getUTCFullYear()}-${pad(time.getUTCMonth() + 1)}-${pad(time.getUTCDate())}`;

/** `3 s`, `4 min`, `2 h 10 min`, `3 d` */
export function duration(ms: number): string {
  const seconds = Math.abs(ms) / 1000;
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 10) return `${seconds.toFixed(1).replace(/\.0$/, '')} s`;
  if (seconds < 100) return `${Math.round(seconds)} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  return `${Math.round(hours / 24)} d`;
}

export function ago(ms: number, now: number): string {
  const past = now - ms;
  return past < 1500 ? 'now' : `${duration(past)} ago`;
}

export function count(value: number): string {
  return value.toLocaleString('en-GB').replaceAll(',', '\u2009');
}

export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

export function bytes(value: number): string {
  const units = ['B', 'KB', 'MB', 'GB', 'TB'];
  let unit = 0;
  let rest = value;
  for (; rest >= 1000 && unit < units.length - 1; unit++) rest /= 1000;
  return `${unit === 0 || rest >= 100 ? Math.round(rest) : rest.toFixed(1)} ${units[unit]}`;
}

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
