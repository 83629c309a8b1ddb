import assert from 'node:assert/strict';
import { once } from 'node:events';
import { request } from 'node:http';
import { after, before, it } from 'node:test';
import { RecordedService } from './recorded-service.js';

let service: RecordedService;
let listening = 0;

before(async () => {
  service = await RecordedService.start();
  const { store } = service;
  const listen = store.onAppend.bind(store);
  store.onAppend = listener => {
    listening++;
    const forget = listen(listener);
    return () => {
      listening--;
      forget();
    };
  };
});
after(() => service.stop());

it('nobody listens to the store while nobody follows: Elasticsearch need not make lines visible', async () => {
  assert.equal(listening, 0);
  for (let round = 0; round < 2; round++) {
    const following = request(`${service.server.url}/v1/tail`).end();
    const [response] = await once(following, 'response');
    await once(response, 'data');
    assert.ok(listening > 0);
    following.destroy();
    while (listening > 0) await new Promise(resolve => setImmediate(resolve));
  }
});
