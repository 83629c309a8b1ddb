import { existsSync } from 'node:fs';
import { type Browser, chromium } from 'playwright-core';

const CANDIDATES = [
  process.env.CHROMIUM,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
];
const executablePath = CANDIDATES.find(path => path !== undefined && existsSync(path));

/** Why there is no browser here, or undefined. */
export const browserMissing =
  executablePath === undefined
    ? 'no Chromium is installed (Debian: chromium); CHROMIUM names another'
    : undefined;

export function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: executablePath!,
    // A test's browser calls nobody: no updates, no QUIC, no services of its maker.
    args: [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}
