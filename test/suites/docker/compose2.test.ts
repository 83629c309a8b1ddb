import assert from 'node:assert/strict';
import { appendFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { compose2 } from './compose2.js';
import { build, docker, eventually, ROOT } from './engine.js';
import { IMAGE, Place, SKIP } from './place.js';

const words = SKIP ? [] : compose2();
const skip = SKIP || (typeof words === 'string' ? words : false);
if (typeof words === 'string') console.log(`# skipped: ${words}`);

// What 1.29 does is walked from end to end in compose.test.ts; here what the two may understand differently.
describe('docker compose 2', { skip }, () => {
  let place: Place;
  let alive: NodeJS.Timeout | undefined;

  before(() => {
    // A request that hangs keeps no process alive, and neither does its deadline.
    alive = setInterval(() => {}, 1000);
    if (docker('image', 'inspect', IMAGE).status !== 0) build(IMAGE, ROOT);
    place = new Place(words as string[]);
  });
  after(() => {
    clearInterval(alive);
    place?.close();
  });

  it('says in a sentence that there is no .env yet, whichever profile is meant', () => {
    for (const profile of [[], ['--profile', 'embedded'], ['--profile', 'elastic']]) {
      const ended = place.tried(...profile, 'up', '-d');
      assert.notEqual(ended.status, 0);
      assert.match(ended.text, /There is no \.env yet\. Run deploy\/make-env\.sh first/);
      assert.doesNotMatch(ended.text, /PASSWORD/);
    }
  });

  it('starts what the profile says, and each service is what docker-compose 1.29 makes of it', () => {
    place.makeEnv();
    const services = (...args: string[]) =>
      place
        .compose(...args, 'config', '--services')
        .text.trim()
        .split('\n')
        .sort();
    assert.deepEqual(services(), [
      'collector',
      'deadair',
      'elasticsearch',
      'kibana',
      'setup',
      'setup-kibana',
      'setup-kibana-user',
    ]);
    const embedded = place.compose('--profile', 'embedded', 'config').text;
    assert.match(embedded, /deadair-embedded/);
  });

  it('starts Deadair alone, ships a line of the mounted log, and leaves nothing behind', async () => {
    appendFileSync(path.join(place.logs, 'agent-0.log'), '2026-11-24T12:00:00Z INFO by compose two\n');
    place.setEnv({ COMPOSE_PROFILES: 'embedded' });
    place.compose('up', '-d');
    const { records } = await eventually(
      'the line is in the embedded store',
      async () => {
        const reply = await place.service<{ records: unknown[] }>('/v1/search?q=%22by%20compose%20two%22');
        return reply.records.length > 0 ? reply : undefined;
      },
      90,
    );
    assert.equal(records.length, 1);
    place.compose('down', '-v');
    const left = docker(
      'volume',
      'ls',
      '-q',
      '--filter',
      `label=com.docker.compose.project=${place.project}`,
    );
    assert.equal(left.text.trim(), '');
  });
});
