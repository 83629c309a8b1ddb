import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** Root of the checkout; the tests run from there. */
export const ROOT = process.cwd();
/** A program that starts a Docker engine and makes images without a registry, where there is one (`start`, `stop`, IMAGE). */
const TOOL = process.env.DEADAIR_TEST_DOCKER_ENGINE ?? '';

export interface Engine {
  /** What this process started and has to stop. */
  release(): void;
}

/**
 * A running Docker engine: the one that answers, else one started by TOOL.
 * @returns the engine, or why there is none: a sentence for "skipped: …"
 */
export function engine(): Engine | string {
  if (answers()) return { release: () => {} };
  if (!existsSync(TOOL)) return 'no Docker engine answers here';
  if (process.getuid?.() !== 0) return 'starting a Docker engine needs root';
  let said = '';
  // The engine another file of tests has just stopped may still be ending, and refuses a second one until then.
  for (let attempt = 0; attempt < 3 && !answers(); attempt++)
    said = spawnSync(TOOL, ['start'], { encoding: 'utf8', timeout: 8 * 60_000 }).stderr.trim();
  if (!answers()) return `the Docker engine could not be started: ${said.slice(-300)}`;
  return { release: () => void spawnSync(TOOL, ['stop'], { timeout: 60_000 }) };
}

/** The engine ends and starts again, as with its host. @returns false where it is not ours to stop */
export function restartEngine(): boolean {
  if (!existsSync(TOOL)) return false;
  spawnSync(TOOL, ['stop'], { timeout: 120_000 });
  for (let attempt = 0; attempt < 3 && !answers(); attempt++)
    spawnSync(TOOL, ['start'], { timeout: 8 * 60_000 });
  return answers();
}

/**
 * Pulls an image that is missing.
 * @param make what TOOL calls the image: made by it where there is that tool
 * @returns undefined when the image is here, else why not
 */
export function missingImage(name: string, make?: string): string | undefined {
  const here = () => docker('image', 'inspect', name).status === 0;
  if (here()) return undefined;
  if (make !== undefined && existsSync(TOOL)) spawnSync(TOOL, [make], { timeout: 8 * 60_000 });
  else docker('pull', '-q', name);
  return here() ? undefined : `there is no image ${name} here`;
}

export interface Ended {
  status: number | null;
  /** Standard output and standard error, in that order. */
  text: string;
}

export function docker(...args: string[]): Ended {
  return run('docker', args);
}

/** Builds with the classic builder on the host's network: package clients need it where the engine has no other. */
export function build(tag: string, directory: string): void {
  execFileSync('docker', ['build', '--network=host', '-q', '-t', tag, directory], {
    env: { ...process.env, DOCKER_BUILDKIT: '0' },
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: 8 * 60_000,
  });
}

/** Runs a program to its end, whatever its exit status. */
export function run(
  file: string,
  args: string[],
  options: { env?: Record<string, string | undefined>; cwd?: string; seconds?: number } = {},
): Ended {
  const { env, cwd = ROOT, seconds = 120 } = options;
  const ended = spawnSync(file, args, {
    encoding: 'utf8',
    cwd,
    env: { ...process.env, ...env },
    timeout: seconds * 1000,
    maxBuffer: 64 * 1024 * 1024,
  });
  if (ended.error) throw ended.error;
  return { status: ended.status, text: `${ended.stdout}${ended.stderr}` };
}

/** Waits until `ask` gives something; asks again after a pause, so that a busy machine is only slower. */
export async function eventually<T>(
  what: string,
  ask: () => T | undefined | Promise<T | undefined>,
  seconds = 60,
): Promise<T> {
  const deadline = Date.now() + seconds * 1000;
  let last: unknown;
  for (;;) {
    try {
      const answer = await ask();
      if (answer !== undefined && answer !== false) return answer;
    } catch (thrown) {
      last = thrown;
    }
    if (Date.now() > deadline)
      throw new Error(`not within ${seconds} s: ${what}${last ? ` (${String(last)})` : ''}`);
    await new Promise(resolve => setTimeout(resolve, 300));
  }
}

function answers(): boolean {
  try {
    execFileSync('docker', ['version', '--format', '{{.Server.Version}}'], {
      stdio: 'pipe',
      timeout: 20_000,
    });
    return true;
  } catch {
    return false;
  }
}
