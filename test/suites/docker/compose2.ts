import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

const VERSION = 'v2.40.3';
const MODULE = 'github.com/docker/compose/v2/cmd';
/** Hundreds of packages are compiled the first time. */
const BUILD_MS = 20 * 60_000;

/**
 * Compose 2: the engine's own plugin, or one that is built of its Go module and kept for the next time.
 * @returns its words on the command line, or why there is none: a sentence for "skipped: …"
 */
export function compose2(): string[] | string {
  const plugin = spawnSync('docker', ['compose', 'version'], { encoding: 'utf8' });
  if (plugin.status === 0 && /v?2\./.test(plugin.stdout)) return ['docker', 'compose'];
  const cache = process.env.XDG_CACHE_HOME ?? path.join(os.homedir(), '.cache');
  const folder = path.join(cache, 'deadair-tests');
  const program = path.join(folder, `docker-compose-${VERSION}`);
  if (existsSync(program)) return [program];
  if (spawnSync('go', ['version']).status !== 0)
    return 'no `docker compose` is installed here, and no Go to build it';
  const build = path.join(folder, 'build');
  mkdirSync(build, { recursive: true });
  for (const args of [
    ...(existsSync(path.join(build, 'go.mod')) ? [] : [['mod', 'init', 'example.org/compose']]),
    ['get', `${MODULE}@${VERSION}`],
    ['build', '-trimpath', '-o', 'compose', MODULE],
  ]) {
    const done = spawnSync('go', args, { cwd: build, encoding: 'utf8', timeout: BUILD_MS });
    if (done.status !== 0)
      return `Compose 2 could not be built (go ${args[0]}): ${(done.stderr ?? '').trim().split('\n').at(-1)}`;
  }
  renameSync(path.join(build, 'compose'), program);
  return [program];
}
