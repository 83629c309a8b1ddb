import { readFileSync } from 'node:fs';
import type { ConfigSources } from './load.js';
import { loadAnswer } from './load-answer.js';

/** Reads the settings for the process that started this one: sources as JSON on standard input, the answer on standard output. */
process.stdout.write(JSON.stringify(loadAnswer(JSON.parse(readFileSync(0, 'utf8')) as ConfigSources)));
