import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { cases } from '../thorough.js';
import { setUp } from './bench.js';

/** Events of a folder are off after 40 of them, for two seconds: most rounds fall into such a time. */
const ROUNDS = cases(20);
const FILES = 100;
/** No rescan comes to help. */
const NEVER = 600_000;

const places: Record<string, (round: number, file: number) => string> = {
  'one folder': () => '.',
  'new folders, some of them three deep': (round, file) =>
    file % 2 === 0 ? `new-${round}-${file % 10}` : `deep-${round}/${file % 4}/${file}`,
};

for (const [name, folderOf] of Object.entries(places))
  test(`${ROUNDS} times ${FILES} files at once, in ${name}: each is stored once, and none waits for a rescan`, async context => {
    const bench = await setUp(context);
    bench.write('first.log', 'first\n');
    bench.collect({ rescan: NEVER });
    await bench.has('first.log', 'first\n');
    const texts = new Map<string, string>();
    for (let round = 0; round < ROUNDS; round++) {
      for (let i = 0; i < FILES; i++) {
        const file = bench.file(path.join(folderOf(round, i), `r${round}-${i}.log`));
        texts.set(file, `round ${round} file ${i}\n`);
        fs.mkdirSync(path.dirname(file), { recursive: true });
        fs.writeFileSync(file, texts.get(file)!);
        // The collector goes on between files, so that they are made before, in and after its looks.
        if (i % 7 === round % 7) await nextTurn();
      }
      const count = texts.size + 1;
      await bench.receiver.until(() => bench.ledger.sources.size >= count, `${count} files`, 20_000);
    }
    for (const [file, text] of texts) assert.equal(bench.ledger.text(file), text);
  });

test(`${FILES} logs that rest are written one after the other: none waits for a rescan, though the folder's events are off`, async context => {
  const bench = await setUp(context);
  const files = Array.from({ length: FILES }, (_, i) => bench.file(`rests-${i}.log`));
  for (const file of files) fs.writeFileSync(file, `${path.basename(file)} begins\n`);
  bench.collect({ rescan: NEVER });
  await bench.receiver.until(() => bench.ledger.sources.size >= FILES, `${FILES} files`, 20_000);
  for (let round = 0; round < ROUNDS; round++)
    for (const [i, file] of files.entries()) {
      // The first ones, again and again, make the folder a busy one; the others are written once, in between.
      fs.appendFileSync(i < 5 ? file : files[round % 5]!, `round ${round}\n`);
      if (i % 7 === 0) await nextTurn();
      if (i % ROUNDS === round) fs.appendFileSync(file, `${path.basename(file)} ends\n`);
    }
  const all = files.map(file => [file, fs.readFileSync(file, 'utf8')] as const);
  await bench.receiver.until(
    () => all.every(([file, text]) => bench.ledger.text(file) === text),
    'all lines',
    20_000,
  );
});
