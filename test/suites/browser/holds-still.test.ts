/// <reference lib="dom" />
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { launchBrowser } from './chromium.js';
import { Place, refused, skip, watchOver } from './running.js';

const AGENTS = Array.from({ length: 8 }, (_, i) => `agent-${i + 1}`);
const SECONDS = Number(process.env.DEADAIR_HOLD_SECONDS ?? 30);

/** Half a minute of lines and heartbeats, while incidents are open. */
async function live(place: Place): Promise<void> {
  for (let i = 0; i < SECONDS * 4; i++) {
    place.append(AGENTS[i % 8]!, `INFO step ${i} done`);
    if (i % 40 === 0) refused(place, [AGENTS[(i / 40) % 8]!], 1);
    await new Promise(resolve => setTimeout(resolve, 250));
  }
}

describe('the page holds still while status comes in', skip, () => {
  let place: Place;
  let browser: Browser;

  before(async () => {
    place = await Place.open(one => {
      for (const agent of AGENTS) one.append(agent, 'INFO up', 'INFO ready');
    });
    refused(place, AGENTS);
    await place.until('eight open incidents', async () => {
      refused(place, AGENTS, 1);
      const { incidents } = await place.json<{ incidents: unknown[] }>('/v1/incidents?state=open');
      return incidents.length >= 1;
    });
    browser = await launchBrowser();
  });
  after(async () => {
    await browser?.close();
    await place?.close();
  });

  test('focus, selected text, opened parts and scroll survive half a minute of live status', async () => {
    const pages: { page: Page; check: () => Promise<void> }[] = [];
    const open = async (address: string) => {
      const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
      const wrong = watchOver(page, place.url);
      await page.goto(place.url + address);
      return { page, wrong };
    };
    const incident = (await place.json<{ incidents: { id: string }[] }>('/v1/incidents?state=open'))
      .incidents[0]!;

    // An incident: its sentence selected, evidence and details opened, the focus in the note somebody types.
    const one = await open(`/?tab=incidents&incident=${incident.id}`);
    const item = one.page.locator('.evidence-item[aria-expanded]').last();
    await item.waitFor();
    const wasOpen = (await item.getAttribute('aria-expanded')) === 'true';
    if (!wasOpen) await item.click();
    await one.page.fill('#note', 'half a sentence');
    await one.page.focus('#note');
    await one.page.evaluate(() => {
      const text = document.querySelector('.explanation')!.firstChild!;
      getSelection()!.setBaseAndExtent(text, 2, text, 12);
    });
    const selected = await one.page.evaluate(() => String(getSelection()));
    pages.push({
      page: one.page,
      check: async () => {
        assert.equal(await item.getAttribute('aria-expanded'), 'true', 'opened evidence');
        assert.equal(await one.page.evaluate(() => String(getSelection())), selected, 'selected text');
        assert.equal(await one.page.evaluate(() => document.activeElement?.id), 'note', 'focus');
        assert.equal(await one.page.inputValue('#note'), 'half a sentence');
        assert.deepEqual(one.wrong, []);
      },
    });

    // The strip of open incidents and the lanes keep the focus.
    for (const [address, target] of [
      ['/?tab=run', '.strip-line'],
      ['/?tab=run', '.lane-name'],
      ['/?tab=hosts', '#tab-hosts .agent.link'],
      ['/?tab=incidents', '#tab-incidents .link'],
    ] as const) {
      const { page, wrong } = await open(address);
      await page.locator(target).first().focus();
      const name = await page.evaluate(() => document.activeElement?.textContent);
      pages.push({
        page,
        check: async () => {
          assert.equal(await page.evaluate(() => document.activeElement?.matches(':focus')), true);
          assert.ok(
            await page
              .locator(target)
              .first()
              .evaluate(one => one === document.activeElement),
            target,
          );
          assert.ok(name && name.length > 0);
          assert.deepEqual(wrong, []);
        },
      });
    }

    // Somebody reads further down: new lines wait, what is read stays where it is.
    const lines = await open('/?tab=lines&from=all');
    await lines.page.locator('.line-row').nth(10).waitFor();
    await lines.page.evaluate(async () => {
      document.querySelector('.lines-scroller')!.scrollTo({ top: 150 });
      // The page learns of it with the next frame.
      for (let i = 0; i < 3; i++) await new Promise(requestAnimationFrame);
    });
    const readAt = () =>
      lines.page.evaluate(() => {
        const box = document.querySelector('.lines-scroller')!;
        const top = box.getBoundingClientRect().top;
        const row = [...box.querySelectorAll('.line-row')].find(
          one => one.getBoundingClientRect().bottom > top + 30,
        );
        return `${row?.getAttribute('data-id')} ${Math.round(row!.getBoundingClientRect().top)}`;
      });
    const place1 = await readAt();
    pages.push({
      page: lines.page,
      check: async () => {
        assert.equal(await readAt(), place1, 'the line that is read stays in its place');
        await lines.page.locator('.pill').waitFor();
        assert.deepEqual(lines.wrong, []);
      },
    });

    await live(place);
    for (const { check } of pages) await check();
    for (const { page } of pages) await page.close();
  });

  test('an idle tab with open incidents costs at most 2 kB a second', async () => {
    const page = await browser.newPage();
    const session = await page.context().newCDPSession(page);
    await session.send('Network.enable');
    let bytes = 0;
    await page.goto(`${place.url}/?tab=hosts`);
    await page.locator('#tab-hosts .agent.link').first().waitFor();
    await page.waitForTimeout(2000);
    session.on('Network.dataReceived', event => {
      bytes += event.encodedDataLength > 0 ? event.encodedDataLength : event.dataLength;
    });
    session.on('Network.responseReceived', () => {
      bytes += 300;
    });
    await page.waitForTimeout(15_000);
    assert.ok(bytes / 15 <= 2000, `${Math.round(bytes / 15)} bytes a second`);
    await page.close();
  });

  test('the first view is at most 150 kB in 12 requests', async () => {
    const context = await browser.newContext();
    const page = await context.newPage();
    const session = await context.newCDPSession(page);
    await session.send('Network.enable');
    let bytes = 0;
    let requests = 0;
    const streams = new Set<string>();
    session.on('Network.responseReceived', event => {
      requests++;
      if (event.response.mimeType === 'text/event-stream') streams.add(event.requestId);
    });
    session.on('Network.dataReceived', event => {
      if (streams.has(event.requestId)) bytes += event.encodedDataLength || event.dataLength;
    });
    session.on('Network.loadingFinished', event => {
      if (!streams.has(event.requestId)) bytes += event.encodedDataLength;
    });
    await page.goto(place.url);
    await page.locator('.lane-name').first().waitFor();
    await page.waitForTimeout(1000);
    assert.ok(requests <= 12, `${requests} requests`);
    assert.ok(bytes <= 150_000, `${bytes} bytes`);
    console.log(`first view: ${requests} requests, ${bytes} bytes`);
    await context.close();
  });
});
