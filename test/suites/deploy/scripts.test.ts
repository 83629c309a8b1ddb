import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { describe, it } from 'node:test';
import { run } from '../docker/engine.js';

const scripts = readdirSync('deploy')
  .filter(name => name.endsWith('.sh'))
  .map(name => `deploy/${name}`);
const lacks = (program: string) =>
  run('sh', ['-c', `command -v ${program}`]).status === 0 ? false : `${program} is not installed`;

describe('deploy/', () => {
  it('every script is clean for shellcheck', { skip: lacks('shellcheck') }, () => {
    const checked = run('shellcheck', ['-x', ...scripts]);
    assert.equal(checked.text, '');
  });

  it('the unit of the collector is valid', { skip: lacks('systemd-analyze') }, () => {
    const verified = run('systemd-analyze', ['verify', 'deploy/deadair-collector.service']);
    assert.equal(verified.status, 0, verified.text);
    // Units of the machine's own packages are read along, and complained of, too.
    const others = /^\/(?:usr\/)?lib\/systemd\//;
    const own = verified.text.split('\n').filter(line => line !== '' && !others.test(line));
    assert.deepEqual(own, []);
  });

  for (const script of scripts.filter(name => !/containers|with-log|make-env|preflight/.test(name)))
    it(`${script} --help shows how to call it, without an engine`, () => {
      const help = run(script, ['--help'], { env: { DOCKER: '/no/docker' } });
      assert.equal(help.status, 0, help.text);
      assert.ok(help.text.includes(script), help.text);
    });

  it('preflight.sh says what it needs where there is neither command nor image', () => {
    const asked = run('deploy/preflight.sh', ['node1'], { env: { DOCKER: 'false', PATH: '/usr/bin:/bin' } });
    assert.equal(asked.status, 1);
    assert.match(asked.text, /neither the command deadair nor the image 'deadair' is here/);
  });
});
