// Runs on the controller's host of a test site: receives the service's alerts, and asks its API for the test outside.
//
//   node witness.js PORT     standard output: a JSON line {at, alert} for each message received, {id, reply} for each answer
//                            standard input: a JSON line {id, path} for each question
import http from 'node:http';
import { createInterface } from 'node:readline';

const SERVICE = 'http://127.0.0.1:7707';
const tell = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`);

http
  .createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', chunk => chunks.push(chunk));
    request.on('end', () => {
      tell({ at: Date.now(), alert: JSON.parse(Buffer.concat(chunks).toString()) });
      response.end('{}');
    });
  })
  .listen(Number(process.argv[2]), '127.0.0.1', () => tell({ listening: true }));

createInterface({ input: process.stdin }).on('line', async line => {
  const { id, path } = JSON.parse(line) as { id: number; path: string };
  try {
    const answer = await fetch(`${SERVICE}${path}`, {
      headers: { authorization: `Bearer ${process.env.DEADAIR_TOKEN}` },
      signal: AbortSignal.timeout(5000),
    });
    tell({ id, status: answer.status, reply: await answer.json() });
  } catch (error) {
    tell({ id, status: 0, reply: String(error) });
  }
});
