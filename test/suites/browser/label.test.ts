/// <reference lib="dom" />
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { launchBrowser } from './chromium.js';
import { Place, skip, watchOver } from './running.js';

describe('a line that was judged wrongly', skip, () => {
  let place: Place;
  let browser: Browser;
  let page: Page;
  let wrong: string[] = [];
  const classesOf = async (text: string) => {
    const { records } = await place.json<{ records: { deadair: { class: string } }[] }>(
      `/v1/search?q=${encodeURIComponent(`"${text}"`)}&limit=10`,
    );
    return records.map(({ deadair }) => deadair.class);
  };

  before(async () => {
    place = await Place.open(one => {
      one.appendAt(Date.now() - 60_000, 'courier-1', 'carrier 17 did not come home for 31 s');
    });
    await place.until('the line', async () => (await classesOf('carrier 17')).length === 1);
    browser = await launchBrowser();
  });
  beforeEach(async () => {
    await page?.close();
    page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    wrong = watchOver(page, place.url);
    await page.goto(`${place.url}/?tab=lines&from=all`);
    await page.locator('.line-row .line').first().click();
  });
  after(async () => {
    await browser?.close();
    await place?.close();
  });

  const choose = async (meaning: string) => {
    await page.locator('.label').getByRole('button', { name: 'Say what it means' }).click();
    await page.getByRole('button', { name: meaning }).click();
    const rule = page.getByRole('region', { name: 'The rule' });
    await rule.waitFor();
    return rule;
  };

  test('shows the rule it would make and what that would have decided; discarded, nothing is kept', async () => {
    const rule = await choose('this is a timeout');
    assert.match(await rule.innerText(), /timeout for courier/);
    assert.match(await rule.locator('pre').innerText(), /carrier/);
    assert.match(await rule.innerText(), /it would decide one|it would decide 1\b/);
    await rule.getByRole('button', { name: 'Discard' }).click();
    await rule.waitFor({ state: 'detached' });
    place.appendAt(Date.now(), 'courier-1', 'carrier 18 did not come home for 5 s');
    await place.until('the next line', async () => (await classesOf('carrier 18')).length === 1);
    assert.deepEqual(await classesOf('carrier 18'), ['none']);
    assert.deepEqual(wrong, []);
  });

  test('kept, the rule judges the lines that come', async () => {
    const rule = await choose('this is a timeout');
    await rule.getByRole('button', { name: 'Keep the rule' }).click();
    await rule.waitFor({ state: 'detached' });
    place.appendAt(Date.now(), 'courier-1', 'carrier 4 did not come home for 7 s');
    await place.until('the next line', async () => (await classesOf('carrier 4')).length === 1);
    assert.deepEqual(await classesOf('carrier 4'), ['timeout']);
    assert.deepEqual(wrong, []);
  });
});
