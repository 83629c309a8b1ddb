/** Tries patterns made to hang on lines made to hurt, and prints how each is run: gate.test.ts ends it if it hangs. */
import { compilePattern } from '../../src/safe-regex/compile.js';
import { JUDGED_LENGTH } from '../../src/safe-regex/cost.js';

const patterns = JSON.parse(process.argv[2]!) as string[];
const pieces = ['a', 'ab', ' ', '1,', 'timeout '];
const lines = pieces.flatMap(piece => {
  const text = piece.repeat(JUDGED_LENGTH).slice(0, JUDGED_LENGTH - 1);
  return [`${text}!`, `!${text}`, text];
});
const engines: Record<string, string> = {};
for (const pattern of patterns) {
  try {
    const safe = compilePattern(pattern);
    engines[pattern] = safe.engine;
    for (const line of lines) safe.match(line);
  } catch (error) {
    engines[pattern] = `refused: ${(error as Error).message}`;
  }
}
process.stdout.write(JSON.stringify(engines));
