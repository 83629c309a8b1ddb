import { type ChildProcess, spawn } from 'node:child_process';
import { appendFileSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { packageRoot } from '../../../src/platform/package-root.js';
import { browserMissing } from './chromium.js';

const MAIN = path.join(packageRoot, 'dist', 'src', 'cli', 'main.js');

/** For `test(…, skip, …)`: without a browser the suite says why it does nothing. */
export const skip = browserMissing === undefined ? {} : { skip: `skipped: ${browserMissing}` };

export interface Started {
  child: ChildProcess;
  url: string;
  said: () => string;
}

/** Starts a command and resolves when it has printed the page's address. */
export async function start(args: string[], env: Record<string, string> = {}): Promise<Started> {
  const child = spawn(process.execPath, [MAIN, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NO_COLOR: '1', DEADAIR_LOG_LEVEL: 'silent', ...env },
  });
  let said = '';
  const url = await new Promise<string>((resolve, reject) => {
    child.once('exit', () => reject(new Error(`ended early: ${said}`)));
    child.stdout!.on('data', chunk => {
      said += chunk;
      const found = /(http:\/\/127\.0\.0\.1:\d+)/.exec(said)?.[1];
      if (found) resolve(found);
    });
  });
  return { child, url, said: () => said };
}

export async function end(child: ChildProcess): Promise<void> {
  const ended = new Promise(resolve => child.once('exit', resolve));
  child.kill('SIGTERM');
  await ended;
}

/** Nothing may be asked from outside, and nothing may go wrong unseen. */
export function watchOver(page: Page, url: string): string[] {
  const wrong: string[] = [];
  page.on('pageerror', error => wrong.push(`error: ${error.message}`));
  page.on('console', message => {
    // A query that can't be read is answered with 400, which the browser logs by itself.
    if (message.type() === 'error' && !/400|401/.test(message.text()))
      wrong.push(`console: ${message.text()}`);
  });
  page.on('request', request => {
    if (!request.url().startsWith(url) && !/^(data|blob):/.test(request.url()))
      wrong.push(`outside: ${request.url()}`);
  });
  return wrong;
}

/** A service with a directory of logs that it watches. */
export class Place {
  readonly folder = mkdtempSync(path.join(tmpdir(), 'deadair-browser-'));
  readonly logs = path.join(this.folder, 'logs');
  started!: Started;

  static async open(write?: (place: Place) => void, env: Record<string, string> = {}): Promise<Place> {
    const place = new Place();
    mkdirSync(place.logs);
    write?.(place);
    place.started = await start(
      ['up', '--port', '0', '--watch', place.logs, '--data', path.join(place.folder, 'data')],
      env,
    );
    return place;
  }

  get url(): string {
    return this.started.url;
  }

  append(agent: string, ...lines: string[]): void {
    this.appendAt(Date.now(), agent, ...lines);
  }

  /** Lines with a time of their own: where a test relies on the order of several hosts' lines, no two share a millisecond. */
  appendAt(time: number, agent: string, ...lines: string[]): void {
    appendFileSync(
      path.join(this.logs, `${agent}.log`),
      lines.map(line => `${new Date(time).toISOString()} ${line}\n`).join(''),
    );
  }

  /** Waits until the service says so. */
  async until(what: string, ready: () => Promise<boolean>, seconds = 30): Promise<void> {
    const limit = Date.now() + seconds * 1000;
    while (!(await ready())) {
      if (Date.now() > limit) throw new Error(`not within ${seconds} s: ${what}`);
      await new Promise(resolve => setTimeout(resolve, 200));
    }
  }

  /** Waits until so many lines are stored, at most a hundred. */
  lines(count: number): Promise<void> {
    return this.until(`${count} lines`, async () => {
      const { records } = await this.json<{ records: unknown[] }>('/v1/search?limit=100&cut=100');
      return records.length >= count;
    });
  }

  async json<T>(address: string): Promise<T> {
    return (await (await fetch(this.url + address)).json()) as T;
  }

  async close(): Promise<void> {
    await end(this.started.child);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Lines that open a network fault about each of the agents. */
export function refused(place: Place, agents: readonly string[], times = 4): void {
  for (const agent of agents)
    for (let i = 0; i < times; i++)
      place.append(
        agent,
        `ERROR connect to 10.0.${agent.replace(/\D/g, '')}.7:7761: Connection refused (os error 111)`,
      );
}
