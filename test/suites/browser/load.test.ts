/// <reference lib="dom" />
import assert from 'node:assert/strict';
import { appendFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { launchBrowser } from './chromium.js';
import { Place, skip, watchOver } from './running.js';

const SECONDS = Number(process.env.DEADAIR_LOAD_SECONDS ?? 180);
const RATE = 5000;
const STEP_MS = 50;

/** Writes numbered lines of eight agents at a steady rate until told to stop. */
function writeSteadily(place: Place): () => void {
  let n = 0;
  const began = Date.now();
  const timer = setInterval(() => {
    const due = Math.floor(((Date.now() - began) / 1000) * RATE);
    const at = new Date().toISOString();
    const parts: string[] = Array.from({ length: 8 }, () => '');
    for (; n < due; n++)
      parts[n % 8] += `${at} INFO request ${n} served in ${n % 90} ms from cache shard ${n % 7}\n`;
    for (const [i, text] of parts.entries())
      if (text !== '') appendFileSync(path.join(place.logs, `agent-${i + 1}.log`), text);
  }, STEP_MS);
  return () => clearInterval(timer);
}

/**
 * The figures "Done when" asks for, over three minutes. Frames are those of a browser without a GPU beside the service and the
 * writer on the same processors; the run prints what it measured for docs/measurements.
 */
test(`live at ${RATE} lines a second: frames, age of the newest line, nodes and heap`, skip, async () => {
  const place = await Place.open(one => one.append('agent-1', 'INFO up'));
  const browser = await launchBrowser();
  let stop = () => {};
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    const wrong = watchOver(page, place.url);
    await page.goto(`${place.url}/?tab=lines`);
    await page.locator('.line-row').first().waitFor();
    stop = writeSteadily(place);
    await page.locator('.flood').waitFor({ timeout: 20_000 });
    const session = await page.context().newCDPSession(page);
    await session.send('Performance.enable');
    const metrics = async () => {
      await session.send('HeapProfiler.collectGarbage');
      const { metrics: all } = await session.send('Performance.getMetrics');
      const of = (name: string) => all.find(one => one.name === name)?.value ?? 0;
      return { heap: of('JSHeapUsedSize'), nodes: of('Nodes'), listeners: of('JSEventListeners') };
    };
    const first = await metrics();
    const figures = await page.evaluate(async seconds => {
      const frames: number[] = [];
      const ages: number[] = [];
      let last = performance.now();
      const until = last + seconds * 1000;
      let nextLook = last;
      await new Promise<void>(resolve => {
        const frame = (now: number) => {
          frames.push(now - last);
          last = now;
          if (now >= nextLook) {
            nextLook = now + 500;
            const time = document.querySelector('.line-row time')?.getAttribute('datetime');
            if (time) ages.push(Date.now() - Date.parse(time));
          }
          if (now < until) requestAnimationFrame(frame);
          else resolve();
        };
        requestAnimationFrame(frame);
      });
      frames.sort((a, b) => a - b);
      ages.sort((a, b) => a - b);
      const at = (list: number[], share: number) => list[Math.floor(list.length * share)] ?? 0;
      return {
        frames: frames.length,
        p50: at(frames, 0.5),
        p95: at(frames, 0.95),
        worst: frames.at(-1) ?? 0,
        ageP50: at(ages, 0.5),
        ageP95: at(ages, 0.95),
        rows: document.querySelectorAll('.line-row').length,
      };
    }, SECONDS);
    const last = await metrics();
    console.log(JSON.stringify({ seconds: SECONDS, ...figures, first, last }));
    const rate = await page.locator('.flood').textContent();
    assert.match(rate ?? '', /lines\/s/);
    assert.ok(figures.rows <= 150, `${figures.rows} rows in the document`);
    assert.ok(last.nodes < first.nodes + 3000, `nodes from ${first.nodes} to ${last.nodes}`);
    assert.ok(last.heap < first.heap + 20e6, `heap from ${first.heap} to ${last.heap}`);
    assert.ok(
      last.listeners < first.listeners + 500,
      `listeners from ${first.listeners} to ${last.listeners}`,
    );
    assert.ok(figures.p95 <= 50, `a frame takes ${figures.p95} ms (p95)`);
    assert.ok(figures.ageP50 <= 1000, `newest line ${figures.ageP50} ms old`);
    // Paused, everything that was left out can be read.
    await page.keyboard.press('p');
    await page.locator('.live[data-state="paused"]').waitFor();
    await page.locator('.flood').waitFor({ state: 'detached' });
    assert.equal(await page.locator('.line-row.gap').count(), 0);
    assert.deepEqual(wrong, []);
  } finally {
    stop();
    await browser.close();
    await place.close();
  }
});
