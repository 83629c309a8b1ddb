import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { it } from 'node:test';
import { packageRoot } from '../src/platform/package-root.js';

/** Rows of docs/features.md: number, feature, Deadair's mark, what holds it. */
const rows = readFileSync(path.join(packageRoot, 'docs', 'features.md'), 'utf8')
  .split('\n')
  .filter(line => /^\| \d+ \|/.test(line))
  .map(line => line.split('|').map(cell => cell.trim()))
  .map(cells => ({ number: Number(cells[1]), feature: cells[2]!, mark: cells[7]!, held: cells[8]! }));

it('docs/features.md counts 44 features, of which Deadair has at least 40, and says so at its end', () => {
  assert.deepEqual(
    rows.map(row => row.number),
    Array.from({ length: 44 }, (_, i) => i + 1),
  );
  const count = (mark: string) => rows.filter(row => row.mark.startsWith(mark)).length;
  assert.ok(count('●') >= 40, `${count('●')} ●`);
  const text = readFileSync(path.join(packageRoot, 'docs', 'features.md'), 'utf8');
  assert.ok(text.includes(`Deadair: ● ${count('●')}, ◐ ${count('◐')}, ○ ${count('○')}.`));
});

for (const { number, feature, mark, held } of rows)
  if (mark.startsWith('●'))
    it(`${number} ${feature}: held by ${held}`, () => {
      assert.notEqual(held, '');
      for (const name of held.split(', ')) {
        const file = name.startsWith('b ') ? `suites/browser/${name.slice(2)}` : name;
        const found = [`${file}.test.ts`, file].some(one => existsSync(path.join(packageRoot, 'test', one)));
        assert.ok(found, `there is no test/${file}`);
      }
    });
