import fs from 'node:fs';
import path from 'node:path';
import { lineMaker } from './lines.js';

/** Child process of main.ts: `writer DIRECTORY FILES LINES_PER_SECOND SECONDS`; a write every 5 ms, each line with its stamp. */
const [directory, files, rate, seconds] = process.argv.slice(2) as [string, string, string, string];
const TICK_MS = 5;
const handles = Array.from({ length: Number(files) }, (_, n) =>
  fs.openSync(path.join(directory, `agent-${n}.log`), 'a'),
);
const line = lineMaker(1);
const started = performance.now();
let written = 0;
let turn = 0;

const timer = setInterval(() => {
  const elapsed = Math.min(performance.now() - started, Number(seconds) * 1000);
  const due = Math.floor((elapsed / 1000) * Number(rate));
  const now = Date.now();
  // Two files a tick, as programs with a buffer of their own write.
  const half = (due - written) >> 1;
  for (const count of [half, due - written - half]) {
    let text = '';
    for (let n = 0; n < count; n++) text += line(written++, now);
    if (text) fs.writeSync(handles[turn++ % handles.length]!, text, null, 'latin1');
  }
  if (elapsed < Number(seconds) * 1000) return;
  clearInterval(timer);
  process.send!({ written });
  process.disconnect();
}, TICK_MS);
