/// <reference lib="dom" />
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { launchBrowser } from './chromium.js';
import { Place, skip, watchOver } from './running.js';

const OWN = 'the-token-of-the-browser-test';

describe('the page of a service that asks for a token', skip, () => {
  let place: Place;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  let wrong: string[];

  const ask = (method: string, where: string, body?: object) =>
    fetch(place.url + where, {
      method,
      headers: { authorization: `Bearer ${OWN}`, 'content-type': 'application/json' },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
  const tokenOf = async (name: string, scope: string) =>
    ((await (await ask('POST', '/v1/tokens', { name, scope })).json()) as { token: string }).token;
  const signIn = async (token: string) => {
    await page.fill('#token', token);
    await page.press('#token', 'Enter');
  };
  const linesShown = async () => {
    await page.getByRole('button', { name: 'Lines', exact: true }).click();
    await page.locator('.lines-scroller').getByText('behind the token').first().waitFor();
  };

  before(async () => {
    place = await Place.open(p => p.append('agent-1', 'INFO behind the token'), { DEADAIR_TOKEN: OWN });
    browser = await launchBrowser();
    context = await browser.newContext();
    page = await context.newPage();
    wrong = watchOver(page, place.url);
  });
  after(async () => {
    await browser?.close();
    await place?.close();
  });

  test("says what is wrong with a token, and takes none of a collector's", async () => {
    await page.goto(place.url);
    await page.locator('#login').waitFor();
    await page.keyboard.press('Escape');
    await page.keyboard.press('Escape');
    // Esc leads nowhere: closed by the browser, it is open again a moment later.
    await page.locator('#login').waitFor();
    await signIn('not-the-token');
    await page.locator('#login .problem').getByText("not this service's").waitFor();
    await signIn(await tokenOf('shipper', 'collect'));
    await page.locator('#login .problem').getByText('opens no page').waitFor();
    assert.equal(await page.getByText('behind the token').count(), 0);
  });

  test('signs in, survives a reload, and leaves the token nowhere in the browser', async () => {
    const token = await tokenOf('reader', 'read');
    await signIn(token);
    await linesShown();
    await page.reload();
    await linesShown();
    assert.equal(await page.locator('#login').count(), 0);
    const kept = await page.evaluate(() => [
      document.cookie,
      JSON.stringify(localStorage),
      JSON.stringify(sessionStorage),
      document.documentElement.outerHTML,
      history.state,
    ]);
    assert.ok(!JSON.stringify(kept).includes(token));
    assert.equal(kept[0], '', 'no script sees the cookie');
    const [cookie] = await context.cookies();
    assert.ok(cookie!.httpOnly);
    assert.equal(cookie!.sameSite, 'Strict');
    assert.ok(!cookie!.value.includes(token));
    await page.locator('#sign-out[title*="reader (read)"]').waitFor();
  });

  test('a token revoked while the page is open: it says that the session is over, and another login goes on where it was', async () => {
    await page.goto(`${place.url}/?tab=lines&q=behind`);
    await page.locator('.line-row').first().waitFor();
    assert.equal((await ask('DELETE', '/v1/tokens/reader')).status, 204);
    await page.locator('#login').getByText('Your session is over').waitFor({ timeout: 30_000 });
    await signIn(OWN);
    await page.locator('#login').waitFor({ state: 'detached' });
    await page.locator('.line-row').getByText('the token').first().waitFor();
    assert.match(page.url(), /q=behind/);
    await page.locator('#sign-out[title*="admin"]').waitFor();
  });

  test('an admin sees the settings, without the token, and revokes tokens', async () => {
    await tokenOf('somebody', 'read');
    await page.goto(`${place.url}/?tab=health`);
    const settings = page.locator('#service-settings');
    await settings
      .locator('tr', { has: page.locator('td:first-child code', { hasText: /^server\.token$/ }) })
      .getByText('(hidden)')
      .waitFor();
    await settings.getByRole('button', { name: /settings with the default/ }).click();
    await settings
      .locator('tr', { has: page.locator('td:first-child code', { hasText: /^silence\.after$/ }) })
      .getByText('1 min')
      .waitFor();
    const row = page.locator('#tokens tr', { hasText: 'somebody' });
    await row.getByRole('button', { name: 'Revoke' }).click();
    await row.waitFor({ state: 'detached' });
    const { tokens } = (await (await ask('GET', '/v1/tokens')).json()) as { tokens: { name: string }[] };
    assert.ok(!tokens.some(one => one.name === 'somebody'));
    await page.goto(`${place.url}/?tab=lines&q=behind`);
    await page.locator('.line-row').first().waitFor();
  });

  test('signing out ends the session on the service, too', async () => {
    const [cookie] = await context.cookies();
    await page.locator('#sign-out').click();
    await page.locator('#login').waitFor();
    assert.equal(await page.locator('.line-row').count(), 0);
    const reply = await fetch(`${place.url}/v1/whoami`, {
      headers: { cookie: `${cookie!.name}=${cookie!.value}` },
    });
    assert.equal(reply.status, 401);
    assert.deepEqual(await context.cookies(), []);
    assert.deepEqual(
      // A stream that is broken off, and a refused login, are told by the browser itself.
      wrong.filter(one => !/403|ERR_INCOMPLETE_CHUNKED/.test(one)),
      [],
    );
  });
});

test('without a token nobody is asked, and there is nothing to sign out of', skip, async () => {
  const place = await Place.open(p => p.append('agent-1', 'INFO free to all'));
  const browser = await launchBrowser();
  try {
    const page = await browser.newPage();
    await page.goto(`${place.url}/?tab=lines`);
    await page.locator('.line-row').first().waitFor();
    assert.equal(await page.locator('#login, #sign-out').count(), 0);
  } finally {
    await browser.close();
    await place.close();
  }
});
