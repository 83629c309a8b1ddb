import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, it } from 'node:test';
import { allObjects } from '../../dashboards/objects.js';
import { alertingObjects } from '../../dashboards/rules.js';
import { toNdjson } from '../../dashboards/saved-object.js';
import { KibanaClient } from '../../src/kibana/client.js';
import { IDS, PAGE_PLACEHOLDER } from '../../src/kibana/ids.js';
import { type Recorder, type RecorderOptions, startRecorder } from './recorder.js';

const PASSWORD = 'kibana-password-1';
const BASIC = `Basic ${Buffer.from(`elastic:${PASSWORD}`).toString('base64')}`;
const NDJSON = readFileSync('dashboards/deadair.ndjson', 'utf8');

let recorder: Recorder | undefined;
afterEach(async () => {
  await recorder?.close();
  recorder = undefined;
});

async function start(options: RecorderOptions = { authorization: BASIC }): Promise<Recorder> {
  recorder = await startRecorder(options);
  return recorder;
}

function client(url: string, access: Record<string, string> = {}, waited: string[] = []): KibanaClient {
  return new KibanaClient({
    access: { url, username: 'elastic', password: PASSWORD, ...access },
    pause: async () => {},
    onWaiting: why => void waited.push(why),
  });
}

/** The command as people run it. */
function command(args: string[], env: Record<string, string>): Promise<{ status: number; text: string }> {
  const main = path.resolve('dist/src/cli/main.js');
  return new Promise(resolve => {
    execFile(
      process.execPath,
      [main, 'kibana', ...args],
      { env: { ...process.env, DEADAIR_KIBANA_URL: '', ...env } },
      (error, stdout, stderr) =>
        resolve({
          status: typeof error?.code === 'number' ? error.code : error ? 1 : 0,
          text: `${stdout}${stderr}`,
        }),
    );
  });
}

describe('deadair kibana import', () => {
  it('waits for Kibana, brings everything in, and doing it again replaces', async () => {
    const { url, objects, requests } = await start({ authorization: BASIC, startingFor: 2 });
    const args = ['import', '--url', url, '--page-url', 'https://deadair.example/', '--wait', '60'];
    const first = await command(args, { DEADAIR_KIBANA_PASSWORD: PASSWORD });
    assert.equal(first.status, 0, first.text);
    assert.match(first.text, /waiting for Kibana at .*: HTTP 503, unavailable/);
    assert.match(first.text, new RegExp(`${allObjects().length} objects are in Kibana`));
    assert.equal(objects.size, allObjects().length);
    const view = objects.get(`index-pattern:${IDS.views.incidents}`)!;
    assert.match(
      String(view.attributes.fieldFormatMap),
      /https:\/\/deadair\.example\/\?incident=\{\{value\}\}/,
    );
    assert.doesNotMatch(JSON.stringify([...objects.values()]), new RegExp(PAGE_PLACEHOLDER));

    await client(url).importObjects(NDJSON);
    assert.equal(objects.size, allObjects().length);
    assert.equal(requests.at(-1)!.path, '/api/saved_objects/_import?overwrite=true');
  });

  it('exits with a sentence when the password is wrong, without waiting', async () => {
    const { url } = await start();
    const refused = await command(['import', '--url', url], { DEADAIR_KIBANA_PASSWORD: 'wrong' });
    assert.equal(refused.status, 2, refused.text);
    assert.match(
      refused.text,
      /Kibana refuses the credentials \(HTTP 401\); check --username and DEADAIR_KIBANA_PASSWORD/,
    );
  });

  it('gives up after the time it was told, and says what it waited for', async () => {
    const { url } = await start({ startingFor: 1000 });
    const waited: string[] = [];
    await assert.rejects(
      client(url, {}, waited).waitUntilUp(10),
      /not up within 10 s \(HTTP 503, unavailable\)/,
    );
    assert.deepEqual(waited, ['HTTP 503, unavailable'], 'told once, not at every try');
    await recorder!.close();
    await assert.rejects(client(url).waitUntilUp(0), /was not up within 0 s .*does not answer/);
    recorder = undefined;
  });

  it('takes an API key, and a space', async () => {
    const { url, objects } = await start({ authorization: 'ApiKey abc', space: 'tests' });
    await client(url, { apiKey: 'abc', space: 'tests' }).importObjects(NDJSON);
    assert.equal(objects.size, allObjects().length);
  });

  it('names every object that Kibana refused, also where the reply has status 200', async () => {
    const { url } = await start();
    const without = toNdjson(allObjects().filter(({ id }) => id !== 'deadair-volume'));
    await assert.rejects(client(url).importObjects(without), /lens:deadair-volume, which is not in the file/);
    await assert.rejects(client(url).importObjects('{}\n'), /HTTP 422/);
  });

  it("brings in Kibana's own rules, twice without harm", async () => {
    const { url, alerting } = await start();
    for (const expected of ['created', 'updated'])
      for (const { path: target, create, update } of alertingObjects())
        assert.equal(await client(url).put(target, create, update), expected, target);
    assert.equal(alerting.size, alertingObjects().length);
  });

  it('writes the objects for an import by hand', async () => {
    const exported = await command(['export', '--page-url', 'http://page.example'], {});
    assert.equal(exported.status, 0);
    assert.equal(exported.text, NDJSON.replaceAll(PAGE_PLACEHOLDER, 'http://page.example'));
  });
});

describe('the recorder that stands in for Kibana', () => {
  const post = async (url: string, init: RequestInit, query = 'overwrite=true') => {
    const response = await fetch(`${url}/api/saved_objects/_import?${query}`, { method: 'POST', ...init });
    return { status: response.status, text: await response.text() };
  };
  const form = (name: string, text = NDJSON) => {
    const body = new FormData();
    body.append('file', new Blob([text]), name);
    return body;
  };
  const headers = { authorization: BASIC, 'kbn-xsrf': 'x' };

  it('refuses what Kibana refuses', async () => {
    const { url, objects } = await start();
    const rows: [string, RequestInit, string, number, RegExp][] = [
      ['no credentials', { headers: { 'kbn-xsrf': 'x' }, body: form('a.ndjson') }, '', 401, /authenticate/],
      ['no kbn-xsrf', { headers: { authorization: BASIC }, body: form('a.ndjson') }, '', 400, /kbn-xsrf/],
      ['wrong extension', { headers, body: form('a.json') }, '', 400, /extension/],
      ['no multipart', { headers, body: NDJSON }, '', 415, /Media Type/],
      ['unknown parameter', { headers, body: form('a.ndjson') }, 'overwrit=true', 400, /missing/],
      [
        'overwrite with new copies',
        { headers, body: form('a.ndjson') },
        'overwrite=true&createNewCopies=true',
        400,
        /cannot use/,
      ],
      [
        'a newer dashboard',
        {
          headers,
          body: form(
            'a.ndjson',
            NDJSON.replace('"typeMigrationVersion":"8.9.0"', '"typeMigrationVersion":"10.9.0"'),
          ),
        },
        '',
        422,
        /10\.9\.0/,
      ],
    ];
    for (const [what, init, query, status, text] of rows) {
      const reply = await post(url, init, query || undefined);
      assert.equal(reply.status, status, what);
      assert.match(reply.text, text, what);
    }
    assert.equal(objects.size, 0);
  });

  it('answers conflicts with status 200 and success false', async () => {
    const { url } = await start();
    assert.match((await post(url, { headers, body: form('a.ndjson') }, '')).text, /"success":true/);
    const again = await post(url, { headers, body: form('a.ndjson') }, 'overwrite=false');
    assert.equal(again.status, 200);
    assert.match(again.text, /"success":false.*"conflict"/);
  });

  it('refuses rules with keys the rule type does not have', async () => {
    const { url } = await start();
    const [connector, rule] = alertingObjects();
    await assert.rejects(
      client(url).put(rule!.path, rule!.create, rule!.update),
      /action\/deadair-rules-index\] not found/,
    );
    await client(url).put(connector!.path, connector!.create, connector!.update);
    const params = { ...(rule!.create.params as object), alertOnNoData: true };
    await assert.rejects(
      client(url).put(rule!.path, { ...rule!.create, params }, rule!.update),
      /alertOnNoData/,
    );
  });
});
