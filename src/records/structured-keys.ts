import { hashKey } from './level-numbers.js';

/** The keys of structured lines that tell a time or a level. */

function ranked(groups: string[][]): ReadonlyMap<number, number> {
  return new Map(groups.flatMap((names, rank) => names.map(name => [hashKey(name), rank] as const)));
}

/** Keys are folded and stripped of everything but letters: `@timestamp`, `log.level`, `LevelName`. The best first. */
export const TIME_RANKS: ReadonlyMap<number, number> = ranked([
  ['timestamp', 'ts', 'time'],
  ['t', 'datetime', 'eventtime', 'asctime', 'logtime', 'timemillis', 'instant', 'logtimestamp'],
  ['timelocal', 'timeiso', 'timeutc', 'timegenerated'],
  ['date', 'when', 'starttime', 'requestreceivedtimestamp', 'requesttimestamp'],
  ['created', 'createdat', 'receivetimestamp', 'observedtimestamp'],
]);
export const LEVEL_RANKS: ReadonlyMap<number, number> = ranked([
  [
    'level',
    'lvl',
    'loglevel',
    'severity',
    'severitytext',
    'levelname',
    'l',
    'sev',
    'logseverity',
    'errorseverity',
  ],
  ['priority', 'syslogseverity', 'levelno', 'severitynumber', 's', 'prioritytext'],
  ['status', 'type', 'at'],
]);
const SECONDS_KEYS: ReadonlySet<number> = new Set(
  ['timestampseconds', 'seconds', 'sec', 'epochsecond', 'epochseconds'].map(hashKey),
);
const NANO_UNITS: ReadonlyMap<number, number> = new Map(
  (
    [
      ['timestampnanos', 1],
      ['nanos', 1],
      ['nanoofsecond', 1],
      ['nanoseconds', 1],
      ['nsec', 1],
      ['usec', 1000],
      ['micros', 1000],
    ] as const
  ).map(([name, unit]) => [hashKey(name), unit]),
);
export const DATE_KEY = hashKey('date');
export const NAME_KEY = hashKey('name');
export const REPR_KEY = hashKey('repr');
export const TIMESTAMP_KEY = hashKey('timestamp');
export const MESSAGE_TEMPLATE = hashKey('mt');
export const MONGO_SEVERITY = hashKey('s');
/** What a key can mean: ranks, and how much of a nanosecond a unit is. */
export interface Meaning {
  key: number;
  time?: number;
  level?: number;
  seconds?: boolean;
  unit?: number;
}

/** All keys that mean something: most mean nothing, and end with this look. */
export const MEANINGS: ReadonlyMap<number, Meaning> = new Map(
  [
    ...TIME_RANKS.keys(),
    ...LEVEL_RANKS.keys(),
    ...SECONDS_KEYS,
    ...NANO_UNITS.keys(),
    DATE_KEY,
    NAME_KEY,
    REPR_KEY,
    MESSAGE_TEMPLATE,
  ].map(key => [
    key,
    {
      key,
      time: TIME_RANKS.get(key),
      level: LEVEL_RANKS.get(key),
      seconds: SECONDS_KEYS.has(key),
      unit: NANO_UNITS.get(key),
    } as Meaning,
  ]),
);
