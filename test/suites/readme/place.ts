import assert from 'node:assert/strict';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { packageRoot } from '../../../src/platform/package-root.js';

/** What documented commands find: a service with a recorded run and two of one name, logs beside it, `deadair` on the path. */
export class DocumentedPlace {
  readonly folder = mkdtempSync(path.join(tmpdir(), 'deadair-documented-'));
  private readonly env: NodeJS.ProcessEnv = {
    ...process.env,
    PATH: `${path.join(this.folder, 'bin')}:${process.env.PATH}`,
    HOME: this.folder,
    DEADAIR_DATA: path.join(this.folder, 'data'),
    DEADAIR_LOG_LEVEL: 'silent',
    NO_COLOR: '1',
    // The recorded run's times are of this zone.
    TZ: 'UTC',
    TERM: 'xterm',
  };
  private service!: ChildProcess;
  /** Of a line that is stored, and of one that means a fault. */
  lineId = '';
  faultId = '';

  static async open(): Promise<DocumentedPlace> {
    const place = new DocumentedPlace();
    place.fill();
    await place.start();
    place.play();
    return place;
  }

  get url(): string {
    return this.env.DEADAIR_URL!;
  }

  get logs(): string {
    return path.join(this.folder, 'logs');
  }

  bash(command: string, more: NodeJS.ProcessEnv = {}) {
    return spawnSync('bash', ['-eo', 'pipefail', '-c', command], {
      cwd: this.folder,
      env: { ...this.env, ...more },
      encoding: 'utf8',
      timeout: 150_000,
    });
  }

  async close(): Promise<void> {
    const ended = new Promise(resolve => this.service.once('exit', resolve));
    this.service.kill('SIGTERM');
    await ended;
    rmSync(this.folder, { recursive: true, force: true });
  }

  private fill(): void {
    const { folder, logs } = this;
    const bin = path.join(folder, 'bin');
    for (const each of [bin, logs]) mkdirSync(each);
    const script = (name: string, text: string): void => {
      writeFileSync(path.join(bin, name), `#!/bin/sh\n${text}\n`);
      chmodSync(path.join(bin, name), 0o755);
    };
    script('deadair', `exec '${process.execPath}' '${path.join(packageRoot, 'dist/src/cli/main.js')}' "$@"`);
    script('sai3bench-agent', 'echo listening');
    symlinkSync(path.join(packageRoot, 'samples'), path.join(folder, 'samples'));
    const sample = path.join(packageRoot, 'samples', '07-linkdown-permanent');
    for (const name of ['controller', 'agent-3', 'agent-4'])
      copyFileSync(path.join(sample, `${name}.log`), path.join(logs, `${name}.log`));
    for (const name of ['some.log', 'agent-1.log', 'controller.log'])
      copyFileSync(path.join(sample, 'agent-4.log'), path.join(folder, name));
    writeFileSync(path.join(folder, 'token'), 'not-asked-for-here\n');
    writeFileSync(
      path.join(folder, 'my-rules.yaml'),
      'pack: mine\ntitle: Mine\nrules:\n  - id: one\n    class: timeout\n    phrases: [depot fell silent]\n    samples: { match: [depot fell silent] }\n',
    );
  }

  private async start(): Promise<void> {
    this.service = spawn('deadair', ['up', '--port', '0', '--watch', this.logs], {
      cwd: this.folder,
      env: { ...this.env, DEADAIR_BACKUPS: this.folder },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let said = '';
    for await (const chunk of this.service.stdout!) {
      said += chunk;
      this.env.DEADAIR_URL = /page +(http:\S+)/.exec(said)?.[1];
      if (this.env.DEADAIR_URL) break;
    }
    this.bash('until deadair search agent:agent-4 --json > lines && [ -s lines ]; do sleep 0.2; done');
  }

  /** Writes a line and waits until it is stored. @returns its id */
  write(words: string): string {
    const done = this.bash(`echo "${words}" >> logs/agent-9.log
      until deadair search '"${words}"' --json > found && [ -s found ]; do sleep 0.2; done`);
    assert.equal(done.status, 0, done.stderr);
    return /([0-9A-Z]{26}:\d+)/.exec(readFileSync(path.join(this.folder, 'found'), 'utf8'))![1]!;
  }

  /** Two runs of a name with lines of their own, so that one can be compared with the other. */
  private play(): void {
    this.faultId = this.write('no way to the depot: connection refused');
    for (const words of ['all is well', 'all is well again, and nothing was refused']) {
      assert.equal(this.bash('deadair runs start nightly').status, 0);
      this.lineId = this.write(words);
      assert.equal(this.bash('deadair runs stop nightly').status, 0);
    }
  }
}
