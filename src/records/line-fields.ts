/**
 * The fields a line names itself: of JSON objects, logfmt (`key=value`) and web servers' access logs. What is read here is
 * what `status>=500` asks for and what facets count.
 */

/** Text beyond this holds no field anybody asks for. */
const MOST_TEXT = 16_384;
const MOST_FIELDS = 100;
const MOST_DEPTH = 4;
const MOST_VALUE = 1000;

/** Apache's and nginx's common and combined formats; a number behind them is nginx's request time. */
const ACCESS =
  /^(\S{1,255}) (?:\S+ )?(\S{1,255}) \[([^\]]{10,60})\] "([A-Z]{3,10}) (\S{1,4096})(?: (HTTP\/[\d.]+))?" (\d{3}) (\d+|-)(?: "([^"]*)" "([^"]*)")?(?: (\d+(?:\.\d+)?))?/;
/** In an access log a field's name is not written. */
const ACCESS_NAMES = [
  'client',
  'user',
  'timestamp',
  'method',
  'url',
  'protocol',
  'status',
  'bytes',
  'referer',
  'user_agent',
  'duration',
];

export const ACCESS_FIELDS: ReadonlySet<string> = new Set(ACCESS_NAMES);

/** `key=value`, `key="quoted value"`; names as programs write them. */
const PAIR = /(?:^|[\s,;([{])([A-Za-z_@][\w.@/-]{0,63})=("(?:[^"\\]|\\.)*"|'[^']*'|[^\s,;)\]}"']+)/g;

/**
 * @param text the line without colours
 * @returns names as the line writes them, nested ones with dots, to values as text
 */
export function lineFields(text: string): Map<string, string> {
  const looked = text.length > MOST_TEXT ? text.slice(0, MOST_TEXT) : text;
  return objectFields(text) ?? accessFields(looked) ?? pairFields(looked);
}

/** Those of a line that is a JSON object, or ends with one behind a name (`web-1  | {…}`). */
export function objectFields(text: string): Map<string, string> | undefined {
  const brace = text.indexOf('{');
  if (brace < 0 || text.length > MOST_TEXT) return undefined;
  return jsonFields(text.slice(brace).trimEnd());
}

function jsonFields(text: string): Map<string, string> | undefined {
  if (!text.endsWith('}') || !/^\{\s*"/.test(text)) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  const fields = new Map<string, string>();
  flatten(value as object, '', 0, fields);
  return fields;
}

function flatten(value: object, prefix: string, depth: number, fields: Map<string, string>): void {
  for (const [key, inner] of Object.entries(value)) {
    if (fields.size >= MOST_FIELDS) return;
    const name = prefix === '' ? key : `${prefix}.${key}`;
    if (inner !== null && typeof inner === 'object') {
      if (depth < MOST_DEPTH && !Array.isArray(inner)) flatten(inner, name, depth + 1, fields);
      else fields.set(name, JSON.stringify(inner).slice(0, MOST_VALUE));
    } else if (inner !== null) fields.set(name, String(inner).slice(0, MOST_VALUE));
  }
}

function accessFields(text: string): Map<string, string> | undefined {
  const match = ACCESS.exec(text);
  if (!match) return undefined;
  const fields = new Map<string, string>();
  for (const [i, name] of ACCESS_NAMES.entries()) {
    const value = match[i + 1];
    if (value !== undefined && value !== '-') fields.set(name, value);
  }
  return fields;
}

function pairFields(text: string): Map<string, string> {
  const fields = new Map<string, string>();
  for (const [, name, quoted] of text.matchAll(PAIR)) {
    if (fields.size >= MOST_FIELDS) break;
    const value = /^["']/.test(quoted!) ? quoted!.slice(1, -1).replace(/\\(.)/g, '$1') : quoted!;
    if (!fields.has(name!)) fields.set(name!, value.slice(0, MOST_VALUE));
  }
  return fields;
}

/** Milliseconds of a duration's units; a number without one is taken as it stands. */
const UNITS = new Map([
  ['ns', 1e-6],
  ['us', 1e-3],
  ['µs', 1e-3],
  ['ms', 1],
  ['s', 1000],
  ['sec', 1000],
  ['m', 60_000],
  ['min', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
]);
const SIZES = new Map([
  ['b', 1],
  ['kb', 1e3],
  ['mb', 1e6],
  ['gb', 1e9],
  ['tb', 1e12],
  ['kib', 1024],
  ['mib', 1024 ** 2],
  ['gib', 1024 ** 3],
  ['tib', 1024 ** 4],
]);

export interface Quantity {
  value: number;
  /** What it is of: a plain number, ms, bytes. */
  of: 'number' | 'time' | 'size';
}

/** `500`, `1.5s`, `200ms`, `1m30s`, `4MiB`; undefined for anything else. */
export function quantityOf(text: string): Quantity | undefined {
  if (/^[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?$/i.test(text))
    return { value: Number(text), of: 'number' };
  const one = /^([+-]?\d+(?:\.\d+)?) ?([a-zµ]+)$/i.exec(text);
  if (one) {
    const unit = one[2]!;
    const time = UNITS.get(unit) ?? UNITS.get(unit.toLowerCase());
    if (time !== undefined) return { value: Number(one[1]) * time, of: 'time' };
    const size = SIZES.get(unit.toLowerCase());
    return size === undefined ? undefined : { value: Number(one[1]) * size, of: 'size' };
  }
  if (!/^(?:\d+(?:\.\d+)?(?:h|m|s|ms))+$/.test(text)) return undefined;
  let ms = 0;
  for (const [, number, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|h|m|s)/g))
    ms += Number(number) * UNITS.get(unit!)!;
  return { value: ms, of: 'time' };
}

/** Where a bare number is a time, by its field's name: `duration_ms`, `elapsed_seconds`; ms of one. */
const NAMED_UNITS: [RegExp, number][] = [
  [/(?:_|\b)(?:ms|millis|milliseconds)$/i, 1],
  [/(?:_|\b)(?:us|micros|microseconds)$/i, 1e-3],
  [/(?:_|\b)(?:ns|nanos|nanoseconds)$/i, 1e-6],
  [/(?:_|\b)(?:s|sec|secs|seconds)$/i, 1000],
];

/**
 * A value for comparing with a bound. A bound with a unit is compared with values that have one, or whose name tells one;
 * a bare duration is taken for seconds, as web servers and Prometheus write them.
 */
export function comparable(name: string, text: string, bound: Quantity): number | undefined {
  const quantity = quantityOf(text);
  if (!quantity) return undefined;
  if (quantity.of === bound.of) return quantity.value;
  if (bound.of === 'size' && quantity.of === 'number') return quantity.value;
  if (bound.of !== 'time' || quantity.of !== 'number') return undefined;
  const named = NAMED_UNITS.find(([pattern]) => pattern.test(name));
  return quantity.value * (named?.[1] ?? 1000);
}
