import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import type { Browser } from 'playwright-core';
import { packageRoot } from '../../../src/platform/package-root.js';
import { browserMissing, launchBrowser } from './chromium.js';

const MAIN = path.join(packageRoot, 'dist', 'src', 'cli', 'main.js');
const TOKEN = 'a-token-for-the-page';

describe('the page where Kibana is used', {
  skip: browserMissing ? `skipped: ${browserMissing}` : false,
}, () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'deadair-kibana-page-'));
  let browser: Browser;
  let service: ChildProcess;
  let kibana: Server;
  let url = '';

  before(async () => {
    kibana = createServer((_, response) => response.end('Kibana')).listen(0, '127.0.0.1');
    await new Promise(resolve => kibana.once('listening', resolve));
    const logs = path.join(folder, 'logs');
    mkdirSync(logs);
    writeFileSync(
      path.join(logs, 'agent-1.log'),
      `${new Date().toISOString()} INFO the line to look around\n`,
    );
    service = spawn(
      process.execPath,
      [MAIN, 'up', '--port', '0', '--watch', logs, '--data', path.join(folder, 'data')],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
        env: {
          ...process.env,
          NO_COLOR: '1',
          DEADAIR_LOG_LEVEL: 'silent',
          DEADAIR_TOKEN: TOKEN,
          DEADAIR_KIBANA_URL: `http://127.0.0.1:${(kibana.address() as AddressInfo).port}`,
        },
      },
    );
    url = await new Promise<string>((resolve, reject) => {
      let said = '';
      service.once('exit', () => reject(new Error(`ended early: ${said}`)));
      service.stdout!.on('data', chunk => {
        said += String(chunk);
        const found = /(http:\/\/127\.0\.0\.1:\d+)/.exec(said)?.[1];
        if (found) resolve(found);
      });
    });
    browser = await launchBrowser();
  });
  after(async () => {
    await browser?.close();
    const ended = new Promise(resolve => service.once('exit', resolve));
    service.kill('SIGTERM');
    await ended;
    kibana.closeAllConnections();
    kibana.close();
    rmSync(folder, { recursive: true, force: true });
  });

  test('a line leads to its surrounding documents and to its file, with a token set, too', async () => {
    const page = await browser.newPage();
    await page.goto(url);
    await page.locator('#token').fill(TOKEN);
    await page.locator('#token').press('Enter');
    await page.locator('.line', { hasText: 'the line to look around' }).first().click();
    for (const [button, expected] of [
      ['Kibana: around it', /app\/discover#\/context\/deadair-lines\/.+%3A0\?/],
      ['Kibana: its file', /app\/discover#\/\?.*deadair\.offset/],
    ] as const) {
      const [tab] = await Promise.all([
        page.waitForEvent('popup'),
        page.getByRole('button', { name: button }).click(),
      ]);
      await tab.waitForURL(expected);
      assert.equal(await tab.evaluate('window.opener'), null);
      await tab.close();
    }
    await page.close();
  });
});
