// `npm run screenshots`: the pictures of README and docs, taken of the demo while its incident is open. Needs Chromium.
import { spawn } from 'node:child_process';
import path from 'node:path';
import { chromium } from 'playwright-core';

const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
const demo = spawn(process.execPath, ['dist/src/cli/main.js', 'demo', '--port', '0'], {
  stdio: ['ignore', 'pipe', 'inherit'],
  env: { ...process.env, NO_COLOR: '1', DEADAIR_LOG_LEVEL: 'silent' },
});
const url = await new Promise((resolve, reject) => {
  let said = '';
  demo.once('exit', () => reject(new Error(`the demo ended: ${said}`)));
  demo.stdout.on('data', chunk => {
    said += chunk;
    const found = /http:\/\/127\.0\.0\.1:\d+/.exec(said);
    if (found) resolve(found[0]);
  });
});
const browser = await chromium.launch({
  executablePath,
  args: ['--headless', '--no-sandbox', '--disable-gpu'],
});
const shoot = async (name, address, size, colorScheme, before) => {
  const page = await browser.newPage({ viewport: size, colorScheme });
  await page.goto(url + address);
  await page.waitForTimeout(1500);
  await before?.(page);
  await page.waitForTimeout(700);
  await page.screenshot({ path: path.join('docs', name) });
  await page.close();
};
try {
  const wait = await browser.newPage();
  await wait.goto(url);
  await wait.locator('.strip-line').first().waitFor({ timeout: 120_000 });
  await wait.close();
  await shoot('page.png', '/?tab=run', { width: 1280, height: 800 }, 'light', async page => {
    await page.locator('.lane-mark.mark-cause').first().click();
    await page.locator('.beside-row.here').waitFor();
  });
  await shoot('page-phone.png', '/?tab=run', { width: 390, height: 844 }, 'light');
  await shoot('page-incident.png', '/', { width: 1280, height: 900 }, 'light', page =>
    page.locator('.strip-line').first().click(),
  );
  await shoot('page-lines.png', '/?tab=lines&from=15m', { width: 1920, height: 1000 }, 'dark', async page => {
    await page.locator('.class-row-disconnect .line').first().click();
  });
} finally {
  await browser.close();
  demo.kill('SIGTERM');
}
