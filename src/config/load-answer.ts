import { defined } from '../platform/defined.js';
import { asDeadairError, type ErrorCode } from '../platform/errors.js';
import { type ConfigSources, type LoadedConfig, loadConfig } from './load.js';

/** What the process that reads the settings prints (load-child.ts): plain data. */
export type LoadAnswer =
  | { loaded: LoadedConfig }
  | { failure: { code: ErrorCode; message: string; subject?: string } };

/** The settings, or what is wrong with them. */
export function loadAnswer(sources: ConfigSources): LoadAnswer {
  try {
    return { loaded: loadConfig(sources) };
  } catch (thrown) {
    const { code, message, subject } = asDeadairError(thrown);
    return { failure: { code, message, ...defined({ subject }) } };
  }
}
