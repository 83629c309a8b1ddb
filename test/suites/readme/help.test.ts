import assert from 'node:assert/strict';
import { mkdirSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Command } from 'commander';
import { createProgram } from '../../../src/cli/program.js';
import { DocumentedPlace } from './place.js';

/** Examples that need what this test has not, by the words they begin with. */
const NOT_TRIED: [RegExp, string][] = [
  [/deadair elasticsearch/, 'needs Elasticsearch: npm run test:elasticsearch'],
  [/deadair kibana/, 'needs Kibana'],
  [/deadair preflight/, 'needs hosts with sshd: npm run test:sshd'],
  [/deadair demo/, 'a browser test plays it'],
];
const ENDLESS = /deadair (tail|watch|collect|serve|up)\b|^watch /;

interface Example {
  of: string;
  text: string;
}

/** What stands indented below `Examples:` in a command's help, without the words behind it. */
async function examples(): Promise<Example[]> {
  const found: Example[] = [];
  const look = (command: Command, of: string): void => {
    let help = '';
    command.configureOutput({
      writeOut(text) {
        help += text;
      },
      getOutHasColors: () => false,
    });
    command.outputHelp();
    const block = /\nExamples?:\n((?: {2}.*\n)+)/.exec(help)?.[1] ?? '';
    for (const line of block.replaceAll(/\\\n\s+/g, '').split('\n'))
      if (line.trim() !== '') found.push({ of, text: line.trim().replace(/ {3,}.*$/, '') });
    for (const one of command.commands) look(one, `${of} ${one.name()}`);
  };
  look(await createProgram(), 'deadair');
  return found;
}

describe('every example of a help text works, as printed, in bash', { timeout: 400_000 }, async () => {
  let place: DocumentedPlace;
  before(async () => {
    place = await DocumentedPlace.open();
    for (const folder of ['.local/share/bash-completion/completions', '.config/fish/completions', '.zfunc'])
      mkdirSync(path.join(place.folder, folder), { recursive: true });
  });
  after(() => place?.close());

  const all = await examples();
  test('they are read', () => assert.ok(all.length > 40, all.map(one => one.text).join('\n')));
  for (const { of, text } of all) {
    const reason = NOT_TRIED.find(([words]) => words.test(text))?.[1];
    test(`${of}: ${text}`, { skip: reason ?? false }, () => {
      const filled = text
        .replace(/\b[0-9A-HJKMNP-TV-Z]{26}:4711\b/, of.endsWith('label') ? place.faultId : place.lineId)
        .replace('/home/ubuntu/sai3-logs', place.logs)
        .replace(/https?:\/\/(controller|127\.0\.0\.1):7707/, place.url)
        .replace(/\S+…/, 'DEADAIR_TOKEN=not-asked-for-here')
        .replaceAll('nightly-42', 'nightly')
        // When the recorded run was.
        .replace('--from 16:50 --to 17:10', '--from 2026-11-23T16:50 --to 2026-11-23T17:10');
      const alone = /deadair (up|serve|store)\b/.test(filled)
        ? { DEADAIR_PORT: '0', DEADAIR_DATA: path.join(place.folder, 'other') }
        : {};
      const endless = ENDLESS.test(filled);
      const { status, stdout, stderr } = place.bash(
        endless ? filled.replace(/(deadair |watch -n)/, 'timeout 3 $1') : filled,
        alone,
      );
      if (text.startsWith('deadair diff') && /No healthy run before nightly/.test(stdout + stderr)) return;
      assert.deepEqual(
        readdirSync(place.folder).filter(name => name.startsWith('=')),
        [],
      );
      assert.equal(status, endless ? 124 : 0, `${filled}\n${stdout}\n${stderr}`);
      // What comes after asks for the lines of the newest run.
      if (filled.includes('runs start')) place.write('all is well once more');
    });
  }
});
