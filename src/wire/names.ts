import { z } from 'zod';
import { UNSAFE } from '../platform/printable.js';
import { NAME_LENGTH, PATH_LENGTH, SAFE_TEXT } from './safe-text.js';

const SAFE_NAME = new RegExp(`^[^${UNSAFE}\\s/\\\\"'<>]+$`, 'u');

/** Of an agent, a host, a token: may become part of a path, a query or a metric's label. */
export const Name = z
  .string()
  .min(1)
  .max(NAME_LENGTH)
  .regex(SAFE_NAME, 'a name has no blanks, slashes, quotes, control or invisible characters');

/** A text of one line that is shown: a path, a process, a reason. */
export const safeText = (max: number) =>
  z.string().max(max).regex(SAFE_TEXT, 'control and invisible characters are not allowed here');

export const FilePath = safeText(PATH_LENGTH).min(1);
