// The recorder as a process of its own, for compose: port 5601, `GET /recorded` tells what it got.
import { createServer } from 'node:http';
import { startRecorder } from './recorder.js';

const { ELASTICSEARCH_PASSWORD, ELASTIC_PASSWORD } = process.env;
if (!ELASTICSEARCH_PASSWORD || !ELASTIC_PASSWORD) throw new Error('started without its passwords');
const recorder = await startRecorder(
  {
    authorization: `Basic ${Buffer.from(`elastic:${ELASTIC_PASSWORD}`).toString('base64')}`,
    startingFor: 2,
  },
  5601,
);
createServer((_, response) => {
  response.end(
    JSON.stringify({
      objects: [...recorder.objects.keys()],
      alerting: [...recorder.alerting.keys()],
      requests: recorder.requests,
      // What compose gave the real Kibana: its user must be able to sign in at Elasticsearch.
      elasticsearch: {
        url: process.env.ELASTICSEARCH_HOSTS,
        username: process.env.ELASTICSEARCH_USERNAME,
        password: ELASTICSEARCH_PASSWORD,
      },
    }),
  );
}).listen(5602, '0.0.0.0');
process.once('SIGTERM', () => process.exit(0));
