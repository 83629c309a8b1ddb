import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';

interface ComposeService {
  healthcheck?: { test?: string[] };
  command?: string[];
}
const { services } = parse(readFileSync('docker-compose.yml', 'utf8'), { merge: true }) as {
  services: Record<string, ComposeService>;
};

/** Runs a command of compose's with a curl that notes its arguments, and what the files among them hold. */
function noted(shell: string, script: string, env: Record<string, string>) {
  const folder = mkdtempSync(path.join(tmpdir(), 'deadair-compose-'));
  try {
    const note = path.join(folder, 'note');
    const curl = path.join(folder, 'curl');
    writeFileSync(
      curl,
      `#!/bin/sh
printf '%s\\n' "$@" >"$NOTE.args"
for word; do case $word in @-) cat ;; @*) cat "\${word#@}" ;; esac; printf '\\n'; done >"$NOTE.read"
`,
    );
    chmodSync(curl, 0o755);
    // Compose makes one $ of two.
    const { status, stderr } = spawnSync(shell, ['-euc', script.replaceAll('$$', '$')], {
      env: { PATH: `${folder}:${process.env.PATH}`, NOTE: note, ...env },
      encoding: 'utf8',
    });
    assert.equal(status, 0, stderr);
    const words = (name: string) => readFileSync(`${note}.${name}`, 'utf8').split('\n').filter(Boolean);
    return { args: words('args'), read: words('read') };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const PASSWORDS = { ELASTIC_PASSWORD: 'planted "\\$ü% elastic', KIBANA_PASSWORD: 'planted-kibana' };
const HEADER = `Authorization: Basic ${Buffer.from(`elastic:${PASSWORDS.ELASTIC_PASSWORD}`).toString('base64')}`;

test('the check of Elasticsearch gives curl its password where no list of processes shows it', () => {
  const script = services.elasticsearch!.healthcheck!.test!.at(-1)!;
  const { args, read } = noted('sh', script, PASSWORDS);
  assert.deepEqual(read, [HEADER]);
  assert.doesNotMatch(args.join('\n'), /planted|Basic/);
  assert.ok(args.some(word => word.startsWith('http://localhost:9200/_cluster/health')));
});

test("setting Kibana's password shows neither password to a list of processes", () => {
  const script = services['setup-kibana-user']!.command!.at(-1)!;
  const { args, read } = noted('bash', script, PASSWORDS);
  assert.deepEqual(read, [HEADER, '{"password":"planted-kibana"}']);
  assert.doesNotMatch(args.join('\n'), /planted|Basic/);
});

test('a .env that is missing is said by the first thing compose looks at, in a sentence; nothing else demands a variable', () => {
  const text = readFileSync('docker-compose.yml', 'utf8');
  assert.equal(Object.keys(services)[0], 'dotenv');
  const demanded = [...text.matchAll(/\$\{(\w+):?\?([^}]*)\}/g)].map(([, name, said]) => [name, said]);
  assert.deepEqual(demanded, [['DEADAIR_TOKEN', 'There is no .env yet. Run deploy/make-env.sh first']]);
});

test('the image declares no volume: each container without one would leave one behind', () => {
  assert.doesNotMatch(readFileSync('Dockerfile', 'utf8'), /^VOLUME/m);
});
