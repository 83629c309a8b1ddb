import { readFileSync } from 'node:fs';
import { defined } from '../platform/defined.js';
import { asDeadairError } from '../platform/errors.js';
import { type ConfigSources, loadConfig } from './load.js';
import type { ApartAnswer } from './load-apart.js';

/** Reads the settings for the process that started this one: sources as JSON on standard input, the answer on standard output. */
function answer(): ApartAnswer {
  try {
    return { loaded: loadConfig(JSON.parse(readFileSync(0, 'utf8')) as ConfigSources) };
  } catch (thrown) {
    const { code, message, subject } = asDeadairError(thrown);
    return { failure: { code, message, ...defined({ subject }) } };
  }
}

process.stdout.write(JSON.stringify(answer()));
