import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { build, docker, engine, missingImage } from '../docker/engine.js';

export const IMAGE = 'deadair-test-agents';
/** Ports of the agents; far from those people use. */
export const PORT = 17_761;

const found = engine();
const why = typeof found === 'string' ? found : missingImage('node:24-bookworm-slim');
/** Why these tests can't run here, or false. */
export const SKIP = why === undefined ? false : why;
if (SKIP) console.log(`# skipped: ${SKIP}`);

export interface Place {
  directory: string;
  logs: string;
  /** For the scripts of deploy/. */
  env: Record<string, string>;
}

/** A directory of its own for the scripts, and the image with the stand-ins for agent and controller. */
export function openPlace(name: string): Place {
  build(IMAGE, 'test/suites/deploy/image');
  const directory = realpathSync(mkdtempSync(path.join(os.tmpdir(), `deadair-deploy-${name}-`)));
  const logs = path.join(directory, 'logs');
  return { directory, logs, env: { IMAGE, LOG_DIR: logs, TMUX: '', STY: '' } };
}

export function closePlace(place: Place | undefined): void {
  const left = docker('ps', '-aq', '--filter', `ancestor=${IMAGE}`).text.trim();
  if (left) docker('rm', '-f', ...left.split('\n'));
  if (place) rmSync(place.directory, { recursive: true, force: true });
  if (typeof found !== 'string') found.release();
}
