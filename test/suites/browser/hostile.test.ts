/// <reference lib="dom" />
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { launchBrowser } from './chromium.js';
import { Place, skip, watchOver } from './running.js';

describe('what logs can hold', skip, () => {
  let place: Place;
  let browser: Browser;

  before(async () => {
    place = await Place.open(one => {
      one.append('agent-1', '<img src=x onerror=alert(1)><script>document.title="owned"</script>');
      one.append(
        'agent-1',
        '\x1b[31mred\x1b[0m \x1b]8;;http://evil.example\x07link\x1b]8;;\x07 nul\0 bell\x07',
      );
      one.append('agent-1', 'invoice\u202egnp.exe');
      one.append('agent-1', `long ${'x'.repeat(1_000_000)} end`);
      one.append('agent-1', 'INFO {"a":"</script><b>bold</b>","status":503,"host":"elsewhere"}');
      one.append('agent-2', 'ERROR boom\n\tat Foo.bar(Foo.java:1)\n\tat Foo.baz(Foo.java:2)', 'INFO after');
      for (let i = 0; i < 20; i++) one.append('agent-2', `WARN retry ${i} of shard ${i * 7}`);
    });
    await place.lines(29);
    browser = await launchBrowser();
  });
  after(async () => {
    await browser?.close();
    await place?.close();
  });

  test('markup, escape sequences, turned text and a line of 1 MiB are text, and the page stays quick', async () => {
    const page = await browser.newPage();
    const wrong = watchOver(page, place.url);
    await page.goto(`${place.url}/?tab=lines&from=all`);
    await page.getByText('onerror=alert(1)').first().waitFor();
    assert.equal(await page.locator('.line-row img, .line-row script, .line-row a').count(), 0);
    assert.notEqual(await page.title(), 'owned');
    await page.getByText('[U+202E]').first().waitFor();
    const cut = page.locator('.cut-mark').first();
    assert.match((await cut.textContent()) ?? '', /977 KiB/);
    const longest = await page.evaluate(() =>
      Math.max(...[...document.querySelectorAll('.line-row')].map(row => row.textContent!.length)),
    );
    assert.ok(longest < 3000, `${longest} characters in a row`);
    assert.deepEqual(wrong, []);
    await page.close();
  });

  test('a stack trace is one row that unfolds, twenty alike are one row with a number', async () => {
    const page = await browser.newPage();
    await page.goto(`${place.url}/?tab=lines&from=all&agent=agent-2`);
    await page.getByText('boom').first().waitFor();
    const fold = page.getByRole('button', { name: '+2 lines' });
    await fold.waitFor();
    assert.equal(await page.locator('.line-row').getByText('Foo.java:1').count(), 0);
    await fold.click();
    await page.getByText('Foo.java:1').first().waitFor();
    assert.match((await page.locator('.fold').allTextContents()).join(' '), /×20 in/);
    await page.keyboard.press('z');
    await page.getByText('retry 3 of').first().waitFor();
    await page.close();
  });

  test('fields: facets count them, + and − ask for them, numbers compare', async () => {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
    await page.goto(`${place.url}/?tab=lines&from=all`);
    const agent = page.locator('.facet', { hasText: 'agent' }).first();
    await agent.getByText('agent-2').waitFor();
    // What a line calls its host is not ours.
    assert.equal(await page.locator('.facet').getByText('elsewhere').count(), 0);
    const row = agent.locator('li', { hasText: 'agent-2' });
    await row.hover();
    await row
      .getByRole('button', { name: 'Not agent:"agent-2"' })
      .or(row.getByRole('button', { name: 'Not agent:agent-2' }))
      .click();
    await page.getByText('boom').first().waitFor({ state: 'detached' });
    assert.match(await page.inputValue('#query'), /^-agent:/);
    await page.fill('#query', 'status>=500');
    await page.press('#query', 'Enter');
    await page.locator('.line-row').nth(1).waitFor({ state: 'detached' });
    await page.getByText('"status":503').first().waitFor();
    await page.close();
  });
});

test('a hundred hosts: lanes of all of them, quickly', skip, async () => {
  const place = await Place.open(one => {
    for (let i = 1; i <= 100; i++) one.append(`agent-${i}`, 'INFO up', 'INFO working', 'WARN slow disk');
  });
  const browser = await launchBrowser();
  try {
    await place.until('a hundred agents', async () => {
      const { agents } = await place.json<{ agents: unknown[] }>('/v1/agents');
      return agents.length === 100;
    });
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    const wrong = watchOver(page, place.url);
    await page.goto(`${place.url}/?tab=run`);
    await page.locator('.lane').nth(99).waitFor();
    const nodes = await page.evaluate(() => document.querySelectorAll('*').length);
    assert.ok(nodes < 6000, `${nodes} elements`);
    await page.getByRole('button', { name: 'Hosts', exact: true }).click();
    await page.locator('#tab-hosts tbody tr').nth(99).waitFor();
    assert.deepEqual(wrong, []);
  } finally {
    await browser.close();
    await place.close();
  }
});
