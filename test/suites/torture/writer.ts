import fs from 'node:fs';
import path from 'node:path';

/**
 * Child process: `writer DIRECTORY none|rename|copytruncate|both LINES_PER_SECOND SECONDS` writes `app.log` with numbered lines
 * and mistreats it every 3 s, as programs and logrotate do. Tells how many lines it wrote.
 */
const [directory, rotation, rate, seconds] = process.argv.slice(2) as [string, string, string, string];
const ROTATE_MS = 3000;
/** After a rename the program goes on in the old file for a while, until it is told to reopen. */
const LATE_MS = 120;
const TICK_MS = 5;
const KEPT = 30;
const log = path.join(directory, 'app.log');
const generation = (n: number) => `${log}.${n}`;

let fd = fs.openSync(log, 'a');
let written = 0;
let rotations = 0;
let reopenAt = 0;
const started = performance.now();

function shift(): void {
  for (let n = KEPT; n >= 1; n--)
    if (fs.existsSync(generation(n))) fs.renameSync(generation(n), generation(n + 1));
}

function rotate(now: number): void {
  rotations++;
  shift();
  if (rotation === 'copytruncate') {
    fs.copyFileSync(log, generation(1));
    fs.ftruncateSync(fd);
    return;
  }
  fs.renameSync(log, generation(1));
  reopenAt = now + LATE_MS;
}

function tick(): void {
  const elapsed = Math.min(performance.now() - started, Number(seconds) * 1000);
  if (reopenAt > 0 && elapsed >= reopenAt) {
    fs.closeSync(fd);
    fd = fs.openSync(log, 'a');
    reopenAt = 0;
  }
  if (rotation !== 'none' && reopenAt === 0 && elapsed >= (rotations + 1) * ROTATE_MS) rotate(elapsed);
  const due = Math.floor((elapsed / 1000) * Number(rate));
  let text = '';
  const stamp = new Date().toISOString();
  for (; written < due; written++)
    text += `${stamp} INFO  torture::writer: line ${written} ${'payload '.repeat(1 + (written % 16))}end\n`;
  if (text) fs.writeSync(fd, text);
  if (elapsed < Number(seconds) * 1000) return;
  clearInterval(timer);
  process.send!({ written });
  process.disconnect();
}

const timer = setInterval(tick, TICK_MS);
