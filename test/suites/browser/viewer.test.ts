/// <reference lib="dom" />
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, beforeEach, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { launchBrowser } from './chromium.js';
import { Place, refused, skip, watchOver } from './running.js';

/** What one expects of a viewer of lines (docs/features.md). */
describe('the viewer', skip, () => {
  let place: Place;
  let browser: Browser;
  let page: Page;
  let wrong: string[] = [];

  before(async () => {
    place = await Place.open(one => {
      // Newest first the list begins with the faults, then shard 29 and so on down to 0, every fifth an error.
      const began = Date.now() - 10_000;
      for (let i = 0; i < 30; i++)
        one.appendAt(
          began + i * 100,
          `agent-${1 + (i % 3)}`,
          `${i % 5 === 0 ? 'ERROR' : 'INFO'} ${'step'.repeat(1 + (i % 4))} of shard ${i}`,
        );
      one.append('agent-1', 'INFO {"req":{"id":"abc-123"},"status":503}');
      refused(one, ['agent-2']);
    });
    await place.lines(35);
    // Open before the page is: what opens while it is looked at moves what stands below.
    await place.until('an incident', async () => {
      refused(place, ['agent-2'], 1);
      return (await place.json<{ incidents: unknown[] }>('/v1/incidents?state=open')).incidents.length > 0;
    });
    browser = await launchBrowser();
  });
  beforeEach(async () => {
    page = await browser.newPage({ viewport: { width: 1280, height: 800 }, acceptDownloads: true });
    wrong = watchOver(page, place.url);
    await page.goto(`${place.url}/?tab=lines&from=all`);
    await page.locator('.line-row').nth(5).waitFor();
  });
  after(async () => {
    await browser?.close();
    await place?.close();
  });
  const shard = (text: string) => /of shard (\d+)/.exec(text)?.[1];
  const focused = () => page.evaluate(() => document.activeElement?.textContent ?? '');

  test('marks without leaving others out; n and N step through them, e through errors', async () => {
    await page.keyboard.press('z');
    await page.keyboard.press('m');
    await page.locator('#mark').fill('"shard 7"');
    await page.keyboard.press('Enter');
    await page.locator('mark.mark-own').first().waitFor();
    assert.ok((await page.locator('.line-row').count()) > 10);
    await page.keyboard.press('n');
    await page.locator('.line-row:focus', { hasText: 'shard 7' }).waitFor();
    await page.keyboard.press('e');
    await page.locator('.line-row:focus', { hasText: 'shard 5' }).waitFor();
    assert.match(await focused(), /error/);
    await page.keyboard.press('e');
    await page.locator('.line-row:focus', { hasText: 'shard 0' }).waitFor();
    await page.keyboard.press('N');
    await page.locator('.line-row:focus', { hasText: 'shard 7' }).waitFor();
    assert.deepEqual(wrong, []);
  });

  test('no key is lost: typed faster than the page draws, and before the lines are there', async () => {
    const session = await page.context().newCDPSession(page);
    await session.send('Emulation.setCPUThrottlingRate', { rate: 20 });
    await page.keyboard.press('z');
    // One after the other in the page itself, with no frame between them.
    const press = (keys: readonly string[]) =>
      page.evaluate(all => {
        for (const key of all)
          document.activeElement!.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));
        return document.activeElement?.textContent ?? '';
      }, keys);
    assert.match(await press(['G', 'k', 'k', 'k']), /shard 3$/);
    assert.match(await press(['E', 'E', 'j', 'j']), /shard 8$/);
    await session.send('Emulation.setCPUThrottlingRate', { rate: 1 });

    let answer = () => {};
    const asked = new Promise<void>(resolve => {
      void page.route('**/v1/search?**', async route => {
        await new Promise<void>(go => {
          answer = go;
          resolve();
        });
        await route.continue();
      });
    });
    await page.keyboard.press('/');
    await page.keyboard.type('shard');
    await page.keyboard.press('Enter');
    await page.evaluate(() => (document.activeElement as HTMLElement).blur());
    for (const key of ['e', 'e', 'k']) await page.keyboard.press(key);
    await asked;
    await page.unroute('**/v1/search?**', () => {});
    answer();
    await page.locator('.line-row:focus').waitFor();
    assert.equal(shard(await focused()), '1', 'from shard 8 on: two errors further, one line back');
    assert.deepEqual(wrong, []);
  });

  test('what is typed or ticked while a drawing waits is kept', async () => {
    await page.keyboard.press('m');
    await page.locator('#mark').waitFor();
    const kept = await page.evaluate(() => {
      const box = document.querySelector<HTMLInputElement>('#mark')!;
      // Pauses: everything is to be drawn in the next frame.
      document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'p', bubbles: true }));
      box.value = 'shard';
      box.dispatchEvent(new InputEvent('input', { bubbles: true }));
      return box.value;
    });
    assert.equal(kept, 'shard');
    await page.locator('mark.mark-own').first().waitFor();
    await page.getByRole('button', { name: 'Columns' }).click();
    await page.getByLabel('file').waitFor();
    const ticked = await page.evaluate(() => {
      const box = document.querySelector<HTMLInputElement>('.menu input[type=checkbox]:not(:checked)')!;
      document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'p', bubbles: true }));
      box.click();
      return new Promise<boolean>(resolve => requestAnimationFrame(() => resolve(box.checked)));
    });
    assert.ok(ticked);
    assert.deepEqual(wrong, []);
  });

  test('the query box completes fields and values, and remembers what was searched', async () => {
    await page.locator('#query').pressSequentially('ag');
    await page
      .getByRole('option', { name: /agent:/ })
      .first()
      .click();
    await page.getByRole('option', { name: 'agent-2' }).first().click();
    await page.keyboard.press('Enter');
    await page.locator('.line-row').getByText('agent-1').first().waitFor({ state: 'detached' });
    await page.reload();
    await page.locator('#query').focus();
    await page.keyboard.press('ArrowDown');
    await page.getByRole('option', { name: 'agent:agent-2' }).waitFor();
    assert.deepEqual(wrong, []);
  });

  test('columns, times and saved views stay chosen', async () => {
    await page.getByRole('button', { name: 'Columns' }).click();
    await page.getByLabel('file').check();
    await page.keyboard.press('Escape');
    await page.locator('.line-row .cell').getByText('agent-1.log').first().waitFor();
    await page.getByRole('button', { name: /^Times shown/ }).click();
    await page.getByRole('button', { name: 'Since the line before' }).click();
    await page.locator('.line-row time').getByText(/^[+−]/).first().waitFor();
    await page.getByRole('button', { name: 'Saved views' }).click();
    await page.getByLabel('Name for this view').fill('mine');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Saved views' }).click();
    await page.getByRole('link', { name: 'mine' }).waitFor();
    assert.deepEqual(wrong, []);
  });

  test('a brush over the histogram chooses the time', async () => {
    const box = (await page.locator('.chart .u-over').boundingBox())!;
    await page.mouse.move(box.x + box.width * 0.2, box.y + 20);
    await page.mouse.down();
    await page.mouse.move(box.x + box.width * 0.6, box.y + 20, { steps: 5 });
    await page.mouse.up();
    await page.waitForURL(/from=\d{4}-.*to=\d{4}-/);
    assert.deepEqual(wrong, []);
  });

  test('what is shown comes as text, JSON lines and CSV', async () => {
    for (const [name, check] of [
      ['Download as text', /agent-1: .*INFO/],
      ['Download as JSON lines', /^\{"@timestamp"/],
      ['Download as CSV', /^time,agent,host,file,level,class,message\r\n/],
    ] as const) {
      await page.getByRole('button', { name: 'Download and copy' }).click();
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.getByRole('button', { name }).click(),
      ]);
      const text = readFileSync(await download.path(), 'utf8');
      assert.match(text, check);
      assert.ok(text.split('\n').length > 30);
    }
    assert.deepEqual(wrong, []);
  });

  test('JSON is laid out in the detail, with its own fields', async () => {
    await page.locator('.line-row .line').getByText('abc-123').first().click();
    await page
      .locator('.full')
      .getByText(/"id": "abc-123"/)
      .waitFor();
    await page.locator('.fields dt').getByText('req.id').waitFor();
    assert.deepEqual(wrong, []);
  });

  test('an incident is acknowledged, noted and closed, and its alerts are held', async () => {
    await page.locator('.strip-line').first().click();
    await page.locator('.explanation').waitFor();
    await page.getByRole('button', { name: 'Acknowledge' }).click();
    await page.locator('.care-seen').waitFor();
    await page.fill('#note', 'cable pulled');
    await page.getByRole('button', { name: 'Add note' }).click();
    await page.locator('.notes li').getByText('cable pulled').waitFor();
    await page.getByRole('button', { name: /^Hold its alerts/ }).click();
    await page.getByRole('button', { name: 'for 2 hours' }).click();
    await page.getByRole('button', { name: 'Close', exact: true }).click();
    await page.locator('.incident-head .badge').getByText('resolved').waitFor();
    await page.getByRole('button', { name: 'Alerts', exact: true }).click();
    await page
      .locator('#tab-alerts')
      .getByText(/agents agent-2/)
      .first()
      .waitFor();
    assert.deepEqual(wrong, []);
  });
});
