import { defined } from '../platform/defined.js';
import { asDeadairError } from '../platform/errors.js';
import { type ConfigSources, loadConfig } from './load.js';
import type { LoadAnswer } from './load-apart.js';

/** The settings, or what is wrong with them, as plain data: it may come from another process. */
export function loadAnswer(sources: ConfigSources): LoadAnswer {
  try {
    return { loaded: loadConfig(sources) };
  } catch (thrown) {
    const { code, message, subject } = asDeadairError(thrown);
    return { failure: { code, message, ...defined({ subject }) } };
  }
}
