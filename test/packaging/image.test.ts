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
  const [buildStage] = dockerfile.split(/^RUN npm run .*build/m) as [string, string];
  const copiedToBuild = [...buildStage.matchAll(/^COPY (.+) \S+$/gm)].flatMap(([, from]) => from!.split(' '));

  it('copies everything the build compiles or runs into its build stage', () => {
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: { build: string } };
    const { include } = JSON.parse(readFileSync('tsconfig.json', 'utf8')) as { include: string[] };
    const read = folders([...(scripts.build.match(/[\w.-]+(\/[\w.-]+)+|tsconfig\.json/g) ?? []), ...include]);
    assert.ok(read.has('scripts') && read.has('src'), 'the names of the build were found');
    for (const each of read)
      assert.ok(copiedToBuild.includes(each), `COPY ${each} ${each} is missing before the build`);
  });

  it('copies only what there is', () => {
    const copied = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, from]) =>
      from!.split(' '),
    );
    for (const each of copied) assert.ok(existsSync(each), `${each} is copied and isn't there`);
  });
});
