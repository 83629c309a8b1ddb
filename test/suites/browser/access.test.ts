/// <reference lib="dom" />
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { RecordedService } from '../../web/recorded-service.js';
import { launchBrowser } from './chromium.js';
import { skip, watchOver } from './running.js';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const VIEWS = ['run', 'lines&from=all', 'incidents', 'hosts', 'runs', 'kinds', 'health'] as const;

async function findings(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  return page.evaluate(async () => {
    const axe = (
      globalThis as unknown as {
        axe: {
          run(): Promise<{
            violations: { id: string; nodes: { target: string[]; failureSummary: string }[] }[];
          }>;
        };
      }
    ).axe;
    const { violations } = await axe.run();
    return violations.flatMap(({ id, nodes }) =>
      nodes
        .slice(0, 4)
        .map(node => `${id}: ${node.target.join(' ')} ${node.failureSummary.split('\n')[1] ?? ''}`),
    );
  });
}

describe('the page over a recorded run, for everybody', skip, () => {
  let service: RecordedService;
  let browser: Browser;
  let incident = '';
  const url = () => service.server.url;

  before(async () => {
    service = await RecordedService.start();
    await service.play();
    incident = service.engine.incidents()[0]!.id;
    browser = await launchBrowser();
  });
  after(async () => {
    await browser?.close();
    await service?.stop();
  });

  for (const colorScheme of ['light', 'dark'] as const)
    test(`axe-core finds nothing, ${colorScheme}`, async () => {
      const context = await browser.newContext({
        colorScheme,
        bypassCSP: true,
        viewport: { width: 1280, height: 900 },
      });
      const page = await context.newPage();
      const found: string[] = [];
      const look = async (what: string, address: string, ready: string) => {
        await page.goto(url() + address);
        await page.locator(ready).first().waitFor();
        await page.waitForTimeout(600);
        found.push(...(await findings(page)).map(one => `${what}: ${one}`));
      };
      for (const view of VIEWS) await look(view, `/?tab=${view}`, 'main .tab > *');
      await look('incident', `/?tab=incidents&incident=${incident}`, '.explanation');
      await look('post-mortem', '/v1/postmortem?format=html', 'h1');
      await look('query error', '/?tab=lines&q=agent:(a+or', '.query-error:not([hidden])');
      await look('nothing found', '/?tab=lines&from=all&q=nothingatall', '.empty');
      await page.goto(`${url()}/?tab=lines&from=all`);
      await page.locator('.line-row .line').first().click();
      await page.locator('.detail .context-lines').waitFor();
      found.push(...(await findings(page)).map(one => `line: ${one}`));
      await page.keyboard.press('?');
      await page.locator('#help').waitFor();
      found.push(...(await findings(page)).map(one => `help: ${one}`));
      assert.deepEqual(found, []);
      await context.close();
    });

  test('from the first view to the line that proves it in one click, by keyboard too', async () => {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    const wrong = watchOver(page, url());
    await page.goto(url());
    await page.locator('.strip-line').first().click();
    await page
      .locator('.incident-page .around .line.here')
      .getByText(/h2 protocol error|stream error/)
      .first()
      .waitFor();

    await page.goto(url());
    await page.locator('.strip-line').first().waitFor();
    for (let i = 0; i < 40; i++) {
      await page.keyboard.press('Tab');
      if (await page.evaluate(() => document.activeElement?.matches('.strip-line'))) break;
    }
    await page.keyboard.press('Enter');
    await page.locator('.incident-page .around .line.here').first().waitFor();
    await page.keyboard.press('Escape');
    await page.locator('#tab-incidents table').waitFor();
    await page.keyboard.press('2');
    await page.keyboard.press('/');
    await page.keyboard.type('stream error');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Escape');
    await page.keyboard.press('j');
    await page.locator('.line-row:focus').waitFor();
    await page.keyboard.press('Enter');
    await page.locator('.detail .context-lines .line.here').waitFor();
    await page.keyboard.press('Escape');
    await page.locator('.detail').waitFor({ state: 'detached' });
    assert.deepEqual(wrong, []);
    await page.close();
  });

  test('a click on a lane puts both sides beside each other at that moment', async () => {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    await page.goto(`${url()}/?tab=run`);
    let answer = () => {};
    const held = new Promise<void>(resolve => {
      answer = resolve;
    });
    await page.route('**/v1/search?**', async route => {
      await held;
      await route.continue();
    });
    await page.locator('.lane-mark.mark-cause').first().click();
    // While it looks it does not say that there is nothing.
    await page.getByText('Looking for their lines').waitFor();
    answer();
    await page.locator('.beside-row.here').waitFor();
    assert.equal(await page.locator('.beside-host').count(), 2);
    await page.waitForFunction(() => {
      const row = document.querySelector('.beside-row.here');
      const box = row?.closest('.windowed')?.getBoundingClientRect();
      const at = row?.getBoundingClientRect();
      return box && at && at.top >= box.top && at.bottom <= box.bottom;
    });
    await page.close();
  });

  test('at 390 px every view fits, and an incident is one line', async () => {
    const page = await browser.newPage({ viewport: { width: 390, height: 844 } });
    for (const address of [...VIEWS.map(view => `/?tab=${view}`), `/?tab=incidents&incident=${incident}`]) {
      await page.goto(url() + address);
      await page.locator('main .tab > *').first().waitFor();
      await page.waitForTimeout(500);
      const width = await page.evaluate(() => document.scrollingElement!.scrollWidth);
      assert.ok(width <= 390, `${address}: ${width} px`);
      const tab = (await page.locator('.tabs [aria-current]').boundingBox())!;
      // Where the row of tabs fades nothing can be read.
      assert.ok(tab.x >= 12 && tab.x + tab.width <= 378, `${address}: its tab from ${tab.x} px on`);
      const cut = await page
        .locator('.table.cards td')
        .evaluateAll(all =>
          all.filter(one => one.scrollWidth > one.clientWidth + 1).map(one => one.textContent),
        );
      assert.deepEqual(cut, [], address);
      for (const height of await page
        .locator('.strip-line')
        .evaluateAll(all => all.map(one => one.clientHeight)))
        assert.ok(height <= 36, `${address}: a line of ${height} px`);
    }
    await page.close();
  });

  test('filters keep the focus, menus close by Esc and by a click outside', async () => {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    await page.goto(`${url()}/?tab=lines&from=all`);
    await page.locator('.line-row').first().waitFor();
    const toggle = page.locator('.toggle.class-disconnect');
    await toggle.focus();
    await page.keyboard.press('Space');
    await page.waitForTimeout(600);
    assert.ok(await toggle.evaluate(one => one === document.activeElement), 'the class keeps the focus');
    const menu = page.getByRole('button', { name: /^Agents/ });
    await menu.click();
    const box = page.locator('.menu-panel input').first();
    await box.focus();
    await page.keyboard.press('Space');
    await page.waitForTimeout(600);
    assert.ok(await box.evaluate(one => one === document.activeElement), 'the agent keeps the focus');
    await page.keyboard.press('Escape');
    await page.locator('.menu-panel').waitFor({ state: 'detached' });
    assert.ok(await menu.evaluate(one => one === document.activeElement), 'the focus goes back');
    await menu.click();
    await page.locator('.menu-panel').waitFor();
    await page.mouse.click(900, 700);
    await page.locator('.menu-panel').waitFor({ state: 'detached' });
    await page.close();
  });

  test('hosts over runs: who failed first stands on top; tokens are for who may know them', async () => {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    const wrong = watchOver(page, url());
    await page.goto(`${url()}/?tab=hosts`);
    const first = page.locator('#over-runs tbody tr').first();
    await first.getByText('agent-4').waitFor();
    assert.match((await first.textContent()) ?? '', /100 % \(\d+ %–100 %\).*0 %.*Unresponsive 1/);
    await page.goto(`${url()}/?tab=health`);
    await page.locator('#tokens').getByText('deadair token create').first().waitFor();
    assert.deepEqual(wrong, []);
    await page.close();
  });

  test('a query error stands alone: no "no line matches", no empty chart', async () => {
    const page = await browser.newPage();
    await page.goto(`${url()}/?tab=lines&q=agent:(a+or`);
    await page.locator('.query-error:not([hidden])').waitFor();
    assert.equal(await page.getByText('No line matches').count(), 0);
    assert.equal(await page.locator('.histogram:visible').count(), 0);
    await page.close();
  });
});
