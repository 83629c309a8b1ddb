import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, afterEach, before, beforeEach, describe, test } from 'node:test';
import type { Browser, Page } from 'playwright-core';
import { launchBrowser } from './chromium.js';
import { end, skip, start, watchOver } from './running.js';

const TOKEN = 'a-token-for-the-page';

describe('the page', skip, () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'deadair-page-'));
  const logs = path.join(folder, 'logs');
  let browser: Browser;
  let service: ChildProcess;
  let url = '';
  let page: Page;
  let wrong: string[] = [];
  const append = (agent: string, ...lines: string[]): void =>
    appendFileSync(
      path.join(logs, `${agent}.log`),
      lines.map(line => `${new Date().toISOString()} ${line}\n`).join(''),
    );
  const lines = () => page.locator('.lines-scroller');

  before(async () => {
    mkdirSync(logs);
    append('agent-1', 'INFO first light', 'INFO second breakfast');
    append('agent-2', 'WARN connect to 10.0.0.7:7761: Connection refused (os error 111)');
    ({ child: service, url } = await start([
      'up',
      '--port',
      '0',
      '--watch',
      logs,
      '--data',
      path.join(folder, 'data'),
    ]));
    browser = await launchBrowser();
  });
  beforeEach(async () => {
    page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    wrong = watchOver(page, url);
    await page.goto(url);
    await page.getByRole('button', { name: 'Lines', exact: true }).click();
    await lines().getByText('second breakfast').waitFor();
  });
  afterEach(() => page.close());
  after(async () => {
    await browser?.close();
    await end(service);
    rmSync(folder, { recursive: true, force: true });
  });

  test('a line that is appended now comes up by itself', async () => {
    append('agent-1', 'INFO hello from the live tail');
    await lines().getByText('hello from the live tail').waitFor();
    assert.deepEqual(wrong, []);
  });

  test('searching shows what matches and nothing else, and the address holds the view', async () => {
    await page.fill('#query', 'light');
    await page.press('#query', 'Enter');
    await lines().getByText('second breakfast').waitFor({ state: 'detached' });
    await lines().getByText('first light').waitFor();
    const again = await browser.newPage();
    await again.goto(page.url());
    await again.locator('.lines-scroller').getByText('first light').waitFor();
    assert.equal(await again.locator('.lines-scroller').getByText('second breakfast').count(), 0);
    assert.equal(await again.inputValue('#query'), 'light');
    await again.close();
    assert.deepEqual(wrong, []);
  });

  test('a class is one click, and a fault stands out in its line', async () => {
    await page.locator('.filters').getByText('refused').click();
    await lines().getByText('Connection refused').waitFor();
    await lines().getByText('second breakfast').waitFor({ state: 'detached' });
    assert.deepEqual(wrong, []);
  });

  test('a query that can not be read is explained where it is typed', async () => {
    await page.fill('#query', 'agent:(a or');
    await page.press('#query', 'Enter');
    const error = page.locator('#query-error');
    await error.waitFor();
    assert.match((await error.textContent()) ?? '', /needs something after it/);
    assert.equal(await page.getAttribute('#query', 'aria-invalid'), 'true');
  });

  test('a line opens with its fields and what stands around it', async () => {
    await lines().getByText('second breakfast').first().click();
    const opened = page.locator('.lines-scroller');
    await opened.getByText(path.join(logs, 'agent-1.log')).first().waitFor();
    assert.ok((await opened.getByText('first light').count()) >= 1);
    assert.deepEqual(wrong, []);
  });

  test('agents are listed with their last sign of life', async () => {
    await page.getByRole('button', { name: 'Hosts', exact: true }).click();
    const agents = page.locator('#tab-hosts');
    for (const name of ['agent-1', 'agent-2']) await agents.getByText(name).first().waitFor();
    assert.deepEqual(wrong, []);
  });
});

test('with a token set, the page asks for it and then works', skip, async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'deadair-token-'));
  const logs = path.join(folder, 'logs');
  mkdirSync(logs);
  appendFileSync(path.join(logs, 'agent-1.log'), 'INFO behind the token\n');
  const { child, url } = await start(
    ['up', '--port', '0', '--watch', logs, '--data', path.join(folder, 'data')],
    { DEADAIR_TOKEN: TOKEN },
  );
  const browser = await launchBrowser();
  try {
    const page = await browser.newPage();
    await page.goto(url);
    await page.locator('#login').waitFor();
    assert.equal(await page.locator('.lines-scroller').getByText('behind the token').count(), 0);
    await page.fill('#token', TOKEN);
    await page.press('#token', 'Enter');
    await page.getByRole('button', { name: 'Lines', exact: true }).click();
    await page.locator('.lines-scroller').getByText('behind the token').waitFor();
  } finally {
    await browser.close();
    await end(child);
    rmSync(folder, { recursive: true, force: true });
  }
});

test('the demo: agents, the incident, its alert and the post-mortem', skip, async () => {
  const { child, url, said } = await start(['demo', '--port', '0']);
  const browser = await launchBrowser();
  try {
    const page = await browser.newPage({ viewport: { width: 1280, height: 800 } });
    const wrong = watchOver(page, url);
    await page.goto(url);
    for (let i = 1; i <= 8; i++) await page.locator('.lane-name').getByText(`agent-${i}`).first().waitFor();
    assert.equal(await page.locator('.strip').getByText('Agent lost').count(), 0);
    const card = page.locator('.strip').getByText('Agent lost').first();
    await card.waitFor({ timeout: 90_000 });
    await card.click();
    const incident = page.locator('#incident');
    await incident.getByText('stopped answering').waitFor();
    assert.match((await incident.textContent()) ?? '', /agent-4.*unresponsive/s);
    while (!said().includes('above is its alert')) await page.waitForTimeout(200);
    assert.match(said(), /critical agent-4 lost/);
    if (process.env.SCREENSHOT) await page.screenshot({ path: process.env.SCREENSHOT });
    const report = await browser.newPage();
    await report.goto(`${url}/v1/postmortem`);
    assert.match((await report.textContent('body')) ?? '', /agent-4/);
    assert.deepEqual(wrong, []);
  } finally {
    await browser.close();
    await end(child);
  }
});
