// Speaks like sai3bench-ctl 0.8.5. Configuration (JSON): {"agents": ["host:port", …], "seconds": 5}
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';

const config = JSON.parse(readFileSync(process.argv.at(-1), 'utf8'));
const stamp = () => `${new Date().toISOString().slice(0, -1)}000Z`;
const H2 =
  'status: Unknown, message: "h2 protocol error: error reading a body from connection", details: [], metadata: MetadataMap { headers: {} }';
console.log(`=== Distributed Workload ===\nConfig: config.yaml\nAgents: ${config.agents.length}\n`);
console.log(
  `  ⏳ 0/${config.agents.length} agents ready, ${config.agents.length} remaining (70s timeout remaining)`,
);
let over = false;
const sockets = await Promise.all(config.agents.map((address, index) => open(address, `agent-${index + 1}`)));
console.log(
  `✅ All ${sockets.length} agents ready - starting workload execution\n✅ Starting workload now!\n`,
);
setTimeout(() => {
  for (const socket of sockets) socket.write('stop\n');
  end(0, `✅ Test PASSED: All agents completed successfully`);
}, config.seconds * 1000);

function open(address, agent) {
  const [host, port] = address.split(':');
  return new Promise(resolve => {
    const socket = connect(Number(port), host);
    socket.on('error', () => {});
    socket.once('data', () => {
      console.log(`  ✅ ${agent} ready`);
      resolve(socket);
    });
    socket.on('close', () => {
      if (over) return;
      console.log(`${stamp()} ERROR Agent ${agent} stream error: ${H2}`);
      console.log(`${stamp()} ERROR ❌ Agent ${agent} FAILED: Agent workload failed: ${H2}\n`);
      console.log('❌ Test FAILED: One or more agents did not complete successfully');
      console.log('⚠️  Sending abort signal to all agents...');
      console.log(`${stamp()}  WARN Failed to connect to agent ${address} for abort: transport error`);
      for (const other of sockets ?? []) other.write('abort\n', () => {});
      end(1, `Error: Agent ${agent} workload execution failed: Agent workload failed: ${H2}`);
    });
  });
}

function end(status, text) {
  over = true;
  console.log(text);
  setTimeout(() => process.exit(status), 200);
}
