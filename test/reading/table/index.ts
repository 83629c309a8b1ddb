import { ENVELOPED, SYSLOG, TEXTS } from './envelopes.js';
import { LEVEL_FORMS, NESTED_LEVELS } from './levels.js';
import { REPORTED } from './reported.js';
import { REPORTED_TRACES } from './reported-traces.js';
import type { LineFormat } from './row.js';
import { STRUCTURED } from './structured.js';
import { TIMES } from './times.js';

/** The table of line formats, by kind. */
export const LINE_FORMATS: Record<string, LineFormat[]> = {
  Times: TIMES,
  Levels: LEVEL_FORMS,
  'Levels among several candidates': NESTED_LEVELS,
  'JSON, logfmt and other pairs': STRUCTURED,
  Envelopes: ENVELOPED,
  Syslog: SYSLOG,
  'Text behind the head': TEXTS,
  'Seen in bug reports': REPORTED,
  'Traces seen in bug reports': REPORTED_TRACES,
};
