import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createLinks } from '../../src/alerts/links.js';
import { incident } from './fixtures.js';

test('links lead to the page and to Kibana at that moment', () => {
  const links = createLinks({
    pageUrl: 'http://ctl.example:7707/',
    kibana: { url: 'http://kibana.example', dataView: "it's" },
  })(incident());
  const page = new URL(links.page!);
  assert.equal(page.origin, 'http://ctl.example:7707');
  assert.equal(page.searchParams.get('from'), '2026-11-23T16:56:42.423Z');
  const kibana = decodeURIComponent(links.kibana!);
  assert.match(kibana, /app\/discover#\/\?_g=\(filters:!\(\),.*time:\(from:'2026-11-23T16:56:42\.423Z'/);
  assert.match(kibana, /dataViewId:'it!'s'/);
  assert.match(kibana, /query:'agent\.id : \("agent-4"\)'/);
  const around = new URL(links.surrounding!);
  assert.equal(around.origin, 'http://kibana.example');
  assert.match(decodeURIComponent(around.hash), /^#\/context\/it's\/01KARECSOURCE0000000000000:\d+\?/);
  assert.deepEqual(createLinks({})(incident()), {});
});
