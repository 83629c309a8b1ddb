/// <reference lib="dom" />
import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, test } from 'node:test';
import type { Browser, Page, Route } from 'playwright-core';
import { launchBrowser } from './chromium.js';
import { Place, skip, watchOver } from './running.js';

describe('a search', skip, () => {
  let place: Place;
  let browser: Browser;
  let page: Page;
  let wrong: string[] = [];

  before(async () => {
    place = await Place.open(one => {
      const began = Date.now() - 60_000;
      for (let i = 0; i < 40; i++)
        one.appendAt(began + i * 1000, 'agent-1', `INFO shard ${i} ${i % 2 ? 'odd' : 'even'}`);
    });
    await place.lines(40);
    browser = await launchBrowser();
  });
  beforeEach(async () => {
    await page?.close();
    page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    wrong = watchOver(page, place.url);
  });
  after(async () => {
    await browser?.close();
    await place?.close();
  });

  /** Requests of one kind, each kept waiting until it is let go. */
  async function holdBack(what: 'search' | 'histogram' | 'facets') {
    const held: Route[] = [];
    await page.route(`**/v1/${what}?**`, route => void held.push(route));
    return {
      held,
      async letGo() {
        await page.unroute(`**/v1/${what}?**`);
        await Promise.all(held.splice(0).map(route => route.continue().catch(() => {})));
      },
    };
  }

  test('its lines come first: what is counted beside them is asked for when they are there', async () => {
    const asked: string[] = [];
    page.on('request', request => {
      const kind = /\/v1\/(search|histogram|facets)\?/.exec(request.url())?.[1];
      if (kind) asked.push(kind);
    });
    const search = await holdBack('search');
    await page.goto(`${place.url}/?tab=lines&from=all`);
    await page.waitForFunction(() => document.querySelector('.search'));
    await page.evaluate(async () => {
      for (let i = 0; i < 10; i++) await new Promise(requestAnimationFrame);
    });
    assert.deepEqual(asked, ['search']);
    await search.letGo();
    await page.locator('.line-row').nth(5).waitFor();
    await page.locator('.facet').first().waitFor();
    await page.locator('.chart .u-over').waitFor();
    assert.deepEqual(asked.slice(1).sort(), ['facets', 'histogram']);
    assert.deepEqual(wrong, []);
  });

  test('another one breaks off what was counted for the one before', async () => {
    await page.goto(`${place.url}/?tab=lines&from=all`);
    await page.locator('.facet').first().waitFor();
    const broken: string[] = [];
    page.on('requestfailed', request => {
      const { pathname, searchParams } = new URL(request.url());
      broken.push(`${pathname} ${searchParams.get('q')}`);
    });
    const held = [await holdBack('histogram'), await holdBack('facets')];
    const search = async (query: string) => {
      await page.fill('#query', query);
      await page.press('#query', 'Enter');
    };
    await search('even');
    await page.locator('.line-row').getByText('odd').first().waitFor({ state: 'detached' });
    await page.waitForFunction(() => document.querySelector('.windowed-rows')?.ariaBusy !== 'true');
    while (held.some(one => one.held.length === 0))
      await page.evaluate(() => new Promise(requestAnimationFrame));
    await search('odd');
    await page.locator('.line-row').getByText('even').first().waitFor({ state: 'detached' });
    for (const one of held) await one.letGo();
    await page.locator('.total').getByText('20 lines').waitFor();
    assert.deepEqual(broken.filter(one => /histogram|facets/.test(one)).sort(), [
      '/v1/facets even',
      '/v1/histogram even',
    ]);
    assert.deepEqual(wrong, []);
  });

  test('one click leads back out of a time that was brushed, and out of one within it', async () => {
    await page.goto(`${place.url}/?tab=lines&from=1h`);
    const brush = async (from: number, to: number) => {
      const box = (await page.locator('.chart .u-over').boundingBox())!;
      await page.mouse.move(box.x + box.width * from, box.y + 20);
      await page.mouse.down();
      await page.mouse.move(box.x + box.width * to, box.y + 20, { steps: 5 });
      await page.mouse.up();
    };
    /** The chart of the time that was brushed: a drawing meanwhile would take the brush away. */
    const zoom = async (from: number, to: number) => {
      const drawn = page.waitForResponse(/histogram/);
      await brush(from, to);
      await (await drawn).finished();
      await page.evaluate(
        () => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done))),
      );
    };
    await page.locator('.total').getByText('lines').waitFor();
    await zoom(0.5, 0.99);
    await page.getByRole('button', { name: 'Back to Last hour' }).waitFor();
    const first = page.url();
    await zoom(0.1, 0.9);
    assert.notEqual(page.url(), first);
    await page.locator('.zoom-out').click();
    await page.waitForFunction(before => location.href === before, first);
    await page.getByRole('button', { name: 'Back to Last hour' }).click();
    await page.waitForURL(/from=1h/);
    assert.equal(await page.locator('.zoom-out').count(), 0);
    assert.deepEqual(wrong, []);
  });
});
