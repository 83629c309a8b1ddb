/// <reference lib="dom" />
/**
 * `npm run bench:page`: from the Enter key to the painted answer over a million lines of eight agents in a real Chromium, warm, p50
 * of seven: a rare word, a common one, `level>=warn`. LINES names another count. Before that, how long the first view takes until it
 * answers keys, in browsers that know nothing of it.
 */
import { appendFileSync } from 'node:fs';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { launchBrowser } from '../../test/suites/browser/chromium.js';
import { Place } from '../../test/suites/browser/running.js';

const LINES = Number(process.env.LINES ?? 1_000_000);
const ROUNDS = 8;
const QUERIES: [string, string][] = [
  ['rare word', 'shardlost'],
  ['common word', 'request'],
  ['level>=warn', 'level>=warn'],
];

/** A day's worth of ordinary lines: one in fifty warns, one in 20,000 holds the rare word. */
function write(place: Place): void {
  const began = Date.now() - LINES * 10;
  const chunk = 20_000;
  for (let agent = 0; agent < 8; agent++)
    for (let i = agent; i < LINES; ) {
      let text = '';
      for (let n = 0; n < chunk && i < LINES; n++, i += 8) {
        const level = i % 50 === 7 ? 'WARN' : 'INFO';
        const word = i % 20_000 === 11 ? 'shardlost' : 'served';
        text += `${new Date(began + i * 10).toISOString()} ${level} request ${i} ${word} in ${i % 97} ms from cache shard ${i % 13}\n`;
      }
      appendFileSync(path.join(place.logs, `agent-${agent + 1}.log`), text);
    }
}

/** ms from the key to the frame after the one that holds the answer. */
function keyToPaint(page: Page, query: string): Promise<number> {
  return page.evaluate(async text => {
    const box = document.querySelector<HTMLInputElement>('#query')!;
    box.focus();
    box.value = text;
    const frame = () => new Promise(requestAnimationFrame);
    const busy = () => document.querySelector('.windowed-rows')?.getAttribute('aria-busy') !== 'false';
    const first = () => document.querySelector('.line-row');
    const before = first();
    const began = performance.now();
    box.form!.requestSubmit();
    while (busy() || first() === before || !first()) {
      await frame();
      if (performance.now() - began > 20_000) return Number.NaN;
    }
    await frame();
    return performance.now() - began;
  }, query);
}

/** ms from the beginning of the navigation until a key that was pressed stands in the query box. */
async function untilInteractive(browser: Browser, url: string): Promise<number> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  await page.goto(url, { waitUntil: 'commit' });
  await page.locator('#query').focus();
  await page.keyboard.type('x');
  const at = await page.evaluate(async () => {
    const box = () => document.querySelector<HTMLInputElement>('#query');
    while (box()?.value !== 'x') await new Promise(requestAnimationFrame);
    return performance.now();
  });
  await context.close();
  return at;
}

const place = await Place.open(write);
const browser = await launchBrowser();
try {
  await place.until(
    'all lines',
    async () => (await place.json<{ store: { lines: number } }>('/v1/status')).store.lines >= LINES,
    400,
  );
  const first: number[] = [];
  for (let round = 0; round < ROUNDS - 1; round++)
    first.push(await untilInteractive(browser, `${place.url}/`));
  first.sort((a, b) => a - b);
  console.log(
    `answers keys: p50 ${Math.round(first[first.length >> 1]!)} ms (worst ${Math.round(first.at(-1)!)})`,
  );
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
  // Live off: the span ends, so nothing but the search is measured.
  await page.goto(`${place.url}/?tab=lines&from=all&to=${encodeURIComponent(new Date().toISOString())}`);
  await page.locator('.line-row').nth(5).waitFor();
  const figures = new Map<string, number[]>(QUERIES.map(([name]) => [name, []]));
  for (let round = 0; round < ROUNDS; round++)
    for (const [name, query] of QUERIES) figures.get(name)!.push(await keyToPaint(page, query));
  for (const [name, times] of figures) {
    const warm = times.slice(1).sort((a, b) => a - b);
    console.log(
      `${name}: p50 ${Math.round(warm[warm.length >> 1]!)} ms (cold ${Math.round(times[0]!)}, worst ${Math.round(warm.at(-1)!)})`,
    );
  }
} finally {
  await browser.close();
  await place.close();
}
