// The recorder as a process of its own, in place of the Kibana container: port 5601; port 5602 tells what it got.
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { parse } from 'yaml';
import { z } from 'zod';
import { startRecorder } from './recorder.js';

/** Settings of kibana.yml that Deadair uses, as Kibana's configuration schemas know them; it refuses to start on others. */
const KibanaYml = z.strictObject({
  'server.name': z.string(),
  'server.host': z.literal('0.0.0.0'),
  'server.shutdownTimeout': z.string().regex(/^\d+s$/),
  'telemetry.optIn': z.boolean(),
  'xpack.spaces.defaultSolution': z.enum(['oblt', 'es', 'security', 'classic']),
  'uiSettings.overrides': z.strictObject({ 'context:tieBreakerFields': z.array(z.string()).min(1) }),
});

/** Variables that kibana-docker hands on as settings; keys need 32 characters. */
const Environment = z.object({
  SERVER_PUBLICBASEURL: z.url().refine(url => !url.endsWith('/'), 'Kibana wants no slash at its end'),
  ELASTICSEARCH_HOSTS: z.url(),
  ELASTICSEARCH_USERNAME: z.string().refine(name => name !== 'elastic', 'Kibana refuses to run as elastic'),
  ELASTICSEARCH_PASSWORD: z.string().min(8),
  XPACK_SECURITY_ENCRYPTIONKEY: z.string().min(32),
  XPACK_ENCRYPTEDSAVEDOBJECTS_ENCRYPTIONKEY: z.string().min(32),
  ELASTIC_PASSWORD: z.string().min(8),
});

KibanaYml.parse(parse(readFileSync('/usr/share/kibana/config/kibana.yml', 'utf8')));
const environment = Environment.parse(process.env);
const { ELASTIC_PASSWORD, ELASTICSEARCH_HOSTS, ELASTICSEARCH_USERNAME, ELASTICSEARCH_PASSWORD } = environment;

/** Like Kibana, up only when its own user can sign in at Elasticsearch. */
async function signIn(): Promise<void> {
  const credentials = Buffer.from(`${ELASTICSEARCH_USERNAME}:${ELASTICSEARCH_PASSWORD}`).toString('base64');
  for (;;) {
    const reply = await fetch(`${ELASTICSEARCH_HOSTS}/_security/_authenticate`, {
      headers: { authorization: `Basic ${credentials}` },
    }).catch(() => undefined);
    if (reply?.ok) return;
    console.log(`Elasticsearch: ${reply ? reply.status : 'no answer'}`);
    await new Promise(resolve => setTimeout(resolve, 1000));
  }
}

process.once('SIGTERM', () => process.exit(0));
await signIn();
const recorder = await startRecorder(
  { authorization: `Basic ${Buffer.from(`elastic:${ELASTIC_PASSWORD}`).toString('base64')}`, startingFor: 2 },
  5601,
);
createServer((_, response) => {
  const { objects, alerting, requests } = recorder;
  response.end(JSON.stringify({ objects: [...objects.keys()], alerting: [...alerting.keys()], requests }));
}).listen(5602, '0.0.0.0');
