import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { describe, it } from 'node:test';

/** The first words of the paths in a list: src/a/b.ts and src/c are src. */
function folders(paths: string[]): Set<string> {
  return new Set(paths.map(each => each.split('/')[0]!));
}

// The suite with a real engine takes minutes and needs an engine; it once found, too late, that a new step of the build
// was missing from the image.
describe('the Dockerfile', () => {
  const dockerfile = readFileSync('Dockerfile', 'utf8');
  const copied = [...dockerfile.matchAll(/^COPY (.+) \S+$/gm)].flatMap(([, from]) => from!.split(' '));

  it('copies everything the build compiles or runs', () => {
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: { build: string } };
    const { include } = JSON.parse(readFileSync('tsconfig.json', 'utf8')) as { include: string[] };
    // What only developers run is no part of the image.
    const compiled = [...folders(include)].filter(each => !['bench', 'test', 'scripts'].includes(each));
    const run = scripts.build.match(/scripts\/[\w.-]+|tsconfig\.json/g) ?? [];
    assert.ok(compiled.includes('src') && run.length > 1, 'the names of the build were found');
    for (const each of [...compiled, ...run]) assert.ok(copied.includes(each), `COPY ${each} is missing`);
  });

  it('has one stage: the classic builder leaves those before the last behind', () => {
    assert.equal(dockerfile.match(/^FROM /gm)?.length, 1);
  });

  it('copies only what there is', () => {
    for (const each of copied) assert.ok(existsSync(each), `${each} is copied and isn't there`);
  });
});
