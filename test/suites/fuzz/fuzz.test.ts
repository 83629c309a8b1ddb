import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { DeadairError } from '../../../src/platform/errors.js';
import { packageRoot } from '../../../src/platform/package-root.js';
import { Mutator } from './mutator.js';
import {
  capsuleTarget,
  configTarget,
  frameTarget,
  linesTarget,
  queryTarget,
  type Target,
} from './targets.js';

/**
 * What comes from outside, broken by chance: every way in takes it or refuses it in its own words. Each target changes the corpus that
 * is kept beside this file (corpus/TARGET): an input that broke something is put there for good.
 *   DEADAIR_FUZZ_SECONDS=600 DEADAIR_SEED=random npm run test:fuzz       (seconds of all targets together)
 * Without a time it is a fixed number of inputs of a fixed seed: the same on every machine, a search only where somebody asks for one.
 */
const TARGETS = [frameTarget, linesTarget, queryTarget, capsuleTarget, configTarget];
const SECONDS = Number(process.env.DEADAIR_FUZZ_SECONDS || 0) / TARGETS.length;
/** Of each target, where no time is given. */
const INPUTS = 2000;
const SEED =
  process.env.DEADAIR_SEED === 'random' ? Date.now() % 2 ** 31 : Number(process.env.DEADAIR_SEED || 7707);

/** What an input ended in, where that is a fault. */
async function faultOf(target: Target, input: Buffer): Promise<string | undefined> {
  try {
    await target.take(input);
    return undefined;
  } catch (thrown) {
    if (thrown instanceof DeadairError && target.mayEnd.test(thrown.code)) return undefined;
    return String((thrown as Error)?.stack ?? thrown);
  }
}

for (const open of TARGETS)
  test(`${open.name.replace('Target', '')}: nothing ends but in its own words (DEADAIR_SEED=${SEED})`, async () => {
    const target: Target & { close?(): void } = open();
    const folder = path.join('test', 'suites', 'fuzz', 'corpus', target.name);
    const kept = readdirSync(path.join(packageRoot, folder)).sort();
    const corpus = [
      ...kept.map(name => readFileSync(path.join(packageRoot, folder, name))),
      ...(target.made ?? []),
    ];
    assert.ok(corpus.length > 0, `${folder} is empty`);
    const mutator = new Mutator(SEED, corpus);
    const until = performance.now() + SECONDS * 1000;
    let [inputs, slowest] = [0, 0];
    try {
      const goesOn = () => (SECONDS > 0 ? performance.now() < until : inputs < INPUTS);
      for (; inputs < corpus.length || goesOn(); inputs++) {
        const input = mutator.kept(inputs) ?? mutator.next();
        const began = performance.now();
        const fault = await faultOf(target, Buffer.from(input));
        slowest = Math.max(slowest, performance.now() - began);
        if (fault === undefined) continue;
        const file = path.join(os.tmpdir(), `deadair-fuzz-${target.name}-${SEED}-${inputs}`);
        writeFileSync(file, input);
        assert.fail(
          `input ${inputs} of DEADAIR_SEED=${SEED} ended in ${fault}\nIt lies in ${file}: mend the cause, and put it into ${folder}.`,
        );
      }
    } finally {
      target.close?.();
    }
    const memory = Math.round(process.memoryUsage().rss / 2 ** 20);
    console.log(
      `${target.name}: ${inputs} inputs, the slowest took ${Math.round(slowest)} ms, ${memory} MiB`,
    );
  });
