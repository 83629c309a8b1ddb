// `npm run captures`: what a terminal of 80 and of 200 columns shows, taken from a real one (tmux) over a recorded run, into
// docs/terminal.md. Needs tmux. Nothing in it moves: times are the recording's, in UTC.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { RecordedService } from '../dist/test/web/recorded-service.js';

const MAIN = path.resolve('dist/src/cli/main.js');
const SOCKET = `deadair-captures-${process.pid}`;
const SIZES = [
  [80, 24],
  [200, 40],
];
const SHOTS = [
  ['The run live', 'watch --utc', ['Down', 'Down', 'Down', 'Down']],
  ['The newest lines of a host: enter', 'watch --utc', ['Down', 'Down', 'Down', 'Down', 'Enter']],
  ['What happened', 'postmortem --utc', []],
  ['Faults as a search finds them', "search 'stream error' --utc", []],
  ['The same lines whole', "search 'stream error' --utc --wrap", []],
  ['Who is there', 'status --utc', []],
];

const tmux = (...args) => execFileSync('tmux', ['-L', SOCKET, ...args], { encoding: 'utf8' });

/** Rows of the screen and what scrolled off it, once nothing changes any more. */
async function settled() {
  for (let before = '', same = 0; ; ) {
    await wait(700);
    const now = tmux('capture-pane', '-p', '-S', '-200', '-t', 'shot');
    same = now === before && now.trim() !== '' ? same + 1 : 0;
    if (same >= 2) return now;
    before = now;
  }
}

async function shoot(url, command, keys, [columns, rows]) {
  const words = `DEADAIR_URL=${url} '${process.execPath}' '${MAIN}' ${command}; exec sleep 60`;
  tmux('new-session', '-d', '-s', 'shot', '-x', String(columns), '-y', String(rows), words);
  try {
    await settled();
    for (const key of keys) tmux('send-keys', '-t', 'shot', key);
    return (await settled())
      .replace(/, [^,]* free;/, ';')
      .replace(/[ \t]+$/gm, '')
      .replace(/\n+$/, '');
  } finally {
    tmux('kill-session', '-t', 'shot');
  }
}

const service = await RecordedService.start();
const parts = [
  '# In a terminal',
  'What a terminal shows of a recorded run in which the link of agent-4 went down, at 80 and at 200 columns; colours are not shown\nhere. Made by `npm run captures` from a real terminal; do not edit.',
];
// A session that stays, so that the server outlives the others.
tmux('-f', '/dev/null', 'new-session', '-d', '-s', 'keep', 'exec sleep 3600');
tmux('set-option', '-g', 'status', 'off');
try {
  await service.play();
  for (const [title, command, keys] of SHOTS)
    for (const size of SIZES) {
      const shown = await shoot(service.server.url, command, keys, size);
      parts.push(
        `## ${title}, ${size[0]} columns`,
        `\`deadair ${command.replace(' --utc', '')}\``,
        `\`\`\`text\n${shown}\n\`\`\``,
      );
      console.log(`${title}, ${size[0]}: ${shown.split('\n').length} rows`);
    }
} finally {
  tmux('kill-server');
  await service.stop();
}
writeFileSync(path.join('docs', 'terminal.md'), `${parts.join('\n\n')}\n`);
