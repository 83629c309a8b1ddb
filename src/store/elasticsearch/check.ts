import type { Client } from '@elastic/elasticsearch';
import { asDeadairError } from '../../platform/errors.js';
import { detect, missing } from './capabilities.js';
import { connect } from './connect.js';
import { ElasticsearchDocuments } from './documents.js';
import { failureOf } from './errors.js';
import { bookOwner } from './home/owner.js';
import { type IndexNames, indexNames, plainIndices } from './names.js';
import { rightsOf } from './rights.js';
import type { ElasticsearchSettings } from './settings.js';
import { expectedFields, fieldTypes } from './templates.js';

export interface ClusterProblem {
  state: 'ok' | 'warning' | 'wrong';
  /** What was looked at. */
  about: string;
  /** What is so, and what to do where it is not right. */
  text: string;
}

type Check = (client: Client, names: IndexNames) => Promise<ClusterProblem[]>;

/** Looks at everything the service will need, with the key it will use; nothing is changed. */
export async function checkCluster(settings: ElasticsearchSettings): Promise<ClusterProblem[]> {
  let client: Client;
  try {
    client = connect(settings);
  } catch (thrown) {
    return [{ state: 'wrong', about: 'settings', text: asDeadairError(thrown).message }];
  }
  const names = indexNames(settings.namespace);
  const findings: ClusterProblem[] = [];
  try {
    const has = await detect(client);
    findings.push({ state: 'ok', about: 'connection', text: `Elasticsearch ${has.version} answers.` });
    const lack = missing(has);
    findings.push(
      lack === undefined
        ? { state: 'ok', about: 'features', text: 'Everything Deadair can use is there.' }
        : { state: 'warning', about: 'features', text: `${lack}.` },
    );
    findings.push({
      state: 'ok',
      about: 'services',
      text:
        settings.services === 'one'
          ? 'One service writes here and keeps its book in its data directory (store.elasticsearch.services): a second one needs `several` in the settings of both.'
          : 'Several services may write here (store.elasticsearch.services); with only one, `one` costs Elasticsearch much less.',
    });
    if (!has.security)
      findings.push({
        state: 'warning',
        about: 'security',
        text: 'Security is off: anybody who reaches the server can read and delete lines.',
      });
    const checks: [string, Check][] = [
      ['health', health],
      ...(has.security ? ([['rights', rights]] as [string, Check][]) : []),
      ['indices', indices],
      ['mapping', mapping],
      ['blocks', blocks],
      ['set aside', aside],
      ['book', (client, names) => book(client, names, settings.services)],
    ];
    for (const [about, check] of checks)
      try {
        findings.push(...(await check(client, names)));
      } catch (thrown) {
        const { status, error } = failureOf(thrown);
        findings.push({
          state: 'warning',
          about,
          text: `It could not be looked at (${error.reason ?? status}).`,
        });
      }
  } catch (thrown) {
    findings.push({ state: 'wrong', about: 'connection', text: asDeadairError(thrown).message });
  } finally {
    await client.close();
  }
  return findings;
}

const health: Check = async client => {
  const { status, number_of_nodes: nodes } = await client.cluster.health();
  if (status === 'red')
    return [
      { state: 'wrong', about: 'health', text: 'The cluster is red: some shards have no copy at work.' },
    ];
  return [{ state: 'ok', about: 'health', text: `The cluster is ${status} with ${nodes} node(s).` }];
};

const rights: Check = async (client, names) => {
  const wanted = rightsOf(names);
  const reply = await client.transport.request<{
    has_all_requested: boolean;
    cluster: Record<string, boolean>;
    index: Record<string, Record<string, boolean>>;
  }>({
    method: 'POST',
    path: '/_security/user/_has_privileges',
    body: { cluster: wanted.cluster, index: wanted.indices },
  });
  if (reply.has_all_requested) return [{ state: 'ok', about: 'rights', text: 'The key has all it needs.' }];
  const lacking = [
    ...denied(reply.cluster).map(right => `${right} (cluster)`),
    ...Object.entries(reply.index).flatMap(([index, had]) =>
      denied(had).map(right => `${right} on ${index}`),
    ),
  ];
  return [
    {
      state: 'wrong',
      about: 'rights',
      text: `The key lacks ${lacking.join(', ')}: make one with \`deadair elasticsearch setup\`.`,
    },
  ];
};

function denied(rights: Record<string, boolean>): string[] {
  return Object.entries(rights).flatMap(([right, had]) => (had ? [] : [right]));
}

const indices: Check = async (client, names) => {
  const plain = plainIndices(names);
  const missingOnes: string[] = [];
  for (const index of plain) if (!(await client.indices.exists({ index }))) missingOnes.push(index);
  return missingOnes.length === 0
    ? [{ state: 'ok', about: 'indices', text: 'All are there.' }]
    : [
        {
          state: 'wrong',
          about: 'indices',
          text: `${missingOnes.join(', ')} missing: run \`deadair elasticsearch setup\`.`,
        },
      ];
};

async function book(
  client: Client,
  names: IndexNames,
  services: ElasticsearchSettings['services'],
): Promise<ClusterProblem[]> {
  const owner = await bookOwner(new ElasticsearchDocuments(client, names.documents, async () => {}));
  const where = owner && `${owner.directory} on ${owner.host}`;
  if (owner && services === 'several')
    return [
      {
        state: 'wrong',
        about: 'book',
        text: `The book is kept in ${where}, for one service, but the settings say several: set store.elasticsearch.services to one, or give it back with \`deadair elasticsearch book --give-back\`.`,
      },
    ];
  const text = owner
    ? `It is kept in ${where}.`
    : services === 'one'
      ? 'The service takes it home at its next start.'
      : 'Elasticsearch keeps it, for several services.';
  return [{ state: 'ok', about: 'book', text }];
}

/** A foreign template or a hand-made mapping shows in the fields' types. */
const mapping: Check = async (client, names) => {
  const findings: ClusterProblem[] = [];
  const wanted = expectedFields();
  for (const index of [names.lines, names.aside, names.sources]) {
    const reply = await client.indices.getMapping({ index, ignore_unavailable: true });
    for (const [backing, { mappings }] of Object.entries(reply)) {
      const had = fieldTypes(mappings.properties ?? {});
      const wrong = [...wanted].filter(([field, type]) => had.get(field) !== type);
      if (wrong.length > 0)
        findings.push({
          state: 'wrong',
          about: 'mapping',
          text: `${backing} has ${wrong.map(([field, type]) => `${field} as ${had.get(field) ?? 'nothing'} and not ${type}`).join(', ')}: another template took precedence; run \`deadair elasticsearch setup\`, then roll the data stream over.`,
        });
    }
  }
  return findings.length > 0
    ? findings
    : [{ state: 'ok', about: 'mapping', text: 'All fields have their types.' }];
};

const blocks: Check = async (client, names) => {
  const reply = await client.indices.getSettings({
    index: Object.values(names).join(','),
    ignore_unavailable: true,
  });
  const blocked = Object.entries(reply).filter(([, { settings }]) =>
    /"(read_only|read_only_allow_delete|write)":"?true/.test(JSON.stringify(settings?.index?.blocks ?? {})),
  );
  if (blocked.length === 0) return [{ state: 'ok', about: 'blocks', text: 'All indices take writes.' }];
  return [
    {
      state: 'wrong',
      about: 'blocks',
      text: `${blocked.map(([index]) => index).join(', ')} take no writes: usually the disk is nearly full; make room, and Elasticsearch lifts the block itself.`,
    },
  ];
};

const aside: Check = async (client, names) => {
  const { count } = await client.count({ index: names.aside });
  if (count === 0) return [{ state: 'ok', about: 'set aside', text: 'No line was refused by its index.' }];
  const { hits } = await client.search<{ deadair: { refused?: string } }>({ index: names.aside, size: 1 });
  return [
    {
      state: 'warning',
      about: 'set aside',
      text: `${count} lines were refused by the data stream and lie in ${names.aside} (found by searches all the same), for example: ${hits.hits[0]?._source?.deadair.refused ?? 'unknown'}.`,
    },
  ];
};
