// Speaks like sai3bench-agent 0.8.5 (the texts are the recorded ones). `--needs NAME`: ends without that variable.
// `--never-ready`: runs and never says that it listens.
import { createServer } from 'node:net';

const args = process.argv.slice(2);
const value = name => (args.includes(name) ? args[args.indexOf(name) + 1] : undefined);
const [, port] = (value('--listen') ?? '0.0.0.0:7761').split(':');
const log = text => console.log(`${new Date().toISOString().slice(0, -1)}000Z  INFO ${text}`);

const needed = value('--needs');
if (needed && !process.env[needed]) {
  console.error(`Error: missing credentials: ${needed} is not set`);
  process.exit(1);
}
if (needed) console.log(`credentials present: ${needed} has ${process.env[needed].length} characters`);
if (args.includes('--never-ready')) setInterval(() => log('still warming up'), 500);
else listen();

process.on('SIGTERM', () => {
  log('Received SIGTERM - initiating graceful shutdown');
  log('Agent shutdown complete');
  process.exit(0);
});

function listen() {
  log(`Agent starting in PLAINTEXT mode on 0.0.0.0:${port}`);
  // As the real one does: before it has the port.
  console.log(`sai3bench-agent listening (PLAINTEXT) on 0.0.0.0:${port}`);
  createServer(socket => {
    log('Received execute_workload request (bidirectional streaming mode)');
    log('Agent state transition: Idle → Ready (validation passed)');
    log('Agent state transition: Ready → Running (coordinated start)');
    socket.on('error', () => {});
    socket.on('data', text => {
      if (String(text).includes('stop'))
        log('Agent state transition: Running → Completed (workload finished)');
      if (String(text).includes('abort'))
        log('Agent state transition: Running → Aborting (abort RPC received)');
    });
    socket.on('close', () => log('Stats writer task exiting'));
    socket.write('ready\n');
  })
    .on('error', error => {
      console.error(
        'Error: transport error\n\nCaused by:\n    0: error creating server listener: Address already in use (os error 98)',
      );
      process.exit(error.code === 'EADDRINUSE' ? 1 : 2);
    })
    .listen(Number(port), '0.0.0.0');
}
