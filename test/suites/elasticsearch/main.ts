import { spawn } from 'node:child_process';
import { anyServer } from './server.js';

// One server for all files of this folder: starting one takes longer than most of them. The test that kills its server
// has its own. Then the throughput is measured, as a figure and no verdict.
const server = await anyServer();
if (server) {
  const run = (...args: string[]) =>
    new Promise<number>(resolve => {
      const child = spawn(process.execPath, args, {
        stdio: 'inherit',
        env: { ...process.env, ELASTICSEARCH_URL: server.url },
      });
      child.on('exit', code => resolve(code ?? 1));
    });
  try {
    await run('dist/bench/elasticsearch/bulk.js', '20000', '3');
    process.exitCode = await run(
      'scripts/run-tests.mjs',
      '--test-concurrency=2',
      'test/suites/elasticsearch',
    );
  } finally {
    server.stop();
  }
}
