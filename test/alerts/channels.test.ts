import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { test } from 'node:test';
import { type Channel, ChannelError } from '../../src/alerts/channels/channel.js';
import { createChannels } from '../../src/alerts/channels/create.js';
import { type AlertMessage, buildItem, buildMessage } from '../../src/alerts/message.js';
import { ChannelSettings } from '../../src/alerts/settings.js';
import type { DeadairError } from '../../src/platform/errors.js';
import { incident, START } from './fixtures.js';
import { commandReceiver, httpReceiver, type Receiver, smtpReceiver } from './receivers.js';

const links = {
  page: 'http://deadair.example:7707/?incident=01K',
  kibana: 'http://kibana.example/app/discover#/',
};

function message(change: 'opened' | 'resolved' | 'worsened' = 'opened'): AlertMessage {
  const fault = incident({
    explanation: 'agent-4 <stopped> answering & <!channel> was not asked.',
    ...(change === 'resolved' ? { resolvedAt: START + 60_000 } : {}),
  });
  const previous = change === 'worsened' ? { previousSeverity: 'warning' as const } : {};
  const item = buildItem(change, fault, { links, evidenceLines: 5, runName: '07-linkdown', ...previous });
  return buildMessage('message-1', START, [item]);
}

function channelTo(receiver: Receiver): Channel {
  const settings = ChannelSettings.parse({ name: 'ops', ...receiver.settings });
  return createChannels([settings], { env: { HOOK_KEY: 'k' }, sink: { write() {} } })[0]!;
}

const withinAMinute = () => AbortSignal.timeout(60_000);

const RECEIVERS: Record<string, () => Promise<Receiver>> = {
  webhook: () =>
    httpReceiver(
      { kind: 'webhook', headers: { authorization: 'Bearer x' }, signingKey: { env: 'HOOK_KEY' } },
      '/hook?key=s3cr3t',
    ),
  slack: () => httpReceiver({ kind: 'slack', channel: '#tests' }, '/services/T0/B0/s3cr3t'),
  alertmanager: () => httpReceiver({ kind: 'alertmanager' }, '/am/'),
  email: smtpReceiver,
  command: commandReceiver,
};

// One contract for all: a message arrives whole; what is refused, hangs or is not there is an error that says so.
for (const [kind, make] of Object.entries(RECEIVERS)) {
  test(`${kind}: a message arrives with sentence, agent, evidence and link`, async () => {
    const receiver = await make();
    try {
      const channel = channelTo(receiver);
      assert.equal(channel.kind, kind);
      await channel.send(message(), withinAMinute());
      assert.equal(receiver.taken.length, 1);
      const { text } = receiver.taken[0]!;
      for (const part of ['agent-4', 'answering', 'FAILED: Agent workload failed', '7707/?incident=01K'])
        assert.ok(text.includes(part), `${part} in ${text}`);
    } finally {
      await receiver.close();
    }
  });

  test(`${kind}: a refusal is an error worth a retry, and the next attempt goes through`, async () => {
    const receiver = await make();
    try {
      const channel = channelTo(receiver);
      receiver.mood = 'refuse';
      await assert.rejects(channel.send(message(), withinAMinute()), (error: Error) => {
        assert.ok(error instanceof ChannelError && !error.permanent, String(error));
        assert.match(error.message, /come again/);
        assert.ok(!error.message.includes('s3cr3t'), 'the key in the address is not told');
        return true;
      });
      receiver.mood = 'take';
      await channel.send(message(), withinAMinute());
      assert.equal(receiver.taken.length, 1);
    } finally {
      await receiver.close();
    }
  });

  test(`${kind}: a receiver that hangs is left when the signal says so`, async () => {
    const receiver = await make();
    try {
      receiver.mood = 'hang';
      const abort = new AbortController();
      const attempt = channelTo(receiver).send(message(), abort.signal);
      setTimeout(() => abort.abort(), 200);
      await assert.rejects(attempt, /did not answer in time|ran past its time limit/);
    } finally {
      await receiver.close();
    }
  });

  test(`${kind}: a receiver that is not there is an error worth a retry`, async () => {
    const receiver = await make();
    await receiver.close();
    await assert.rejects(channelTo(receiver).send(message(), withinAMinute()), (error: Error) => {
      assert.ok(error instanceof ChannelError && !error.permanent);
      assert.match(error.message, /ECONNREFUSED|ENOENT/);
      return true;
    });
  });
}

for (const kind of ['webhook', 'slack', 'alertmanager', 'email'] as const) {
  test(`${kind}: a message the receiver calls wrong is permanent`, async () => {
    const receiver = await RECEIVERS[kind]!();
    try {
      receiver.mood = 'reject';
      await assert.rejects(
        channelTo(receiver).send(message(), withinAMinute()),
        (error: Error) => error instanceof ChannelError && error.permanent,
      );
    } finally {
      await receiver.close();
    }
  });
}

async function sentTo(kind: string, ...messages: AlertMessage[]): Promise<Receiver['taken']> {
  const receiver = await RECEIVERS[kind]!();
  try {
    const channel = channelTo(receiver);
    for (const one of messages) await channel.send(one, withinAMinute());
    return receiver.taken;
  } finally {
    await receiver.close();
  }
}

test('webhook: the body is signed, carries the message id as idempotency key, and times as RFC 3339', async () => {
  const [got] = await sentTo('webhook', message());
  assert.equal(got!.headers['idempotency-key'], 'message-1');
  assert.equal(got!.headers.authorization, 'Bearer x');
  const signature = createHmac('sha256', 'k').update(got!.text).digest('hex');
  assert.equal(got!.headers['x-deadair-signature'], `sha256=${signature}`);
  const body = got!.json as { incidents: Record<string, unknown>[]; createdAt: string };
  assert.equal(body.createdAt, '2026-11-23T16:58:42.400Z');
  assert.equal(body.incidents[0]!.openedAt, '2026-11-23T16:58:42.363Z');
  assert.equal(body.incidents[0]!.runName, '07-linkdown');
});

test('webhook: a redirect is not followed', async () => {
  const { createServer } = await import('node:http');
  const server = createServer((_, response) => response.writeHead(302, { location: '/elsewhere' }).end());
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  try {
    const { port } = server.address() as { port: number };
    const channel = channelTo({
      settings: { kind: 'webhook', url: `http://127.0.0.1:${port}/` },
    } as unknown as Receiver);
    await assert.rejects(channel.send(message(), withinAMinute()), /answered 302/);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

test('slack: a line of a log can not address the channel or break the layout', async () => {
  const [got] = await sentTo('slack', message());
  const body = got!.json as { channel: string; attachments: { text: string; color: string }[] };
  assert.equal(body.channel, '#tests');
  assert.ok(!got!.text.includes('<!channel>'));
  assert.match(body.attachments[0]!.text, /&lt;!channel&gt;/);
  assert.match(body.attachments[0]!.text, /<http:\/\/deadair\.example:7707\/\?incident=01K\|Open the page>/);
});

test('alertmanager: one alert an agent, ended by resolved, and by worsened under its old labels', async () => {
  const [first, second, third] = await sentTo(
    'alertmanager',
    message(),
    message('worsened'),
    message('resolved'),
  );
  assert.equal(first!.headers[':path'], '/am/api/v2/alerts');
  type Alert = { labels: Record<string, string>; startsAt: string; endsAt: string };
  const open = first!.json as Alert[];
  assert.deepEqual(open[0]!.labels, {
    alertname: 'Deadair_agent_lost',
    kind: 'agent-lost',
    agent: 'agent-4',
    severity: 'critical',
    incident: '01KAREC0RDED07AGENT4L0ST00',
    run: 'run-07',
  });
  assert.ok(Date.parse(open[0]!.endsAt) > START + 24 * 3_600_000, 'does not end by itself');
  const worse = second!.json as Alert[];
  assert.deepEqual(
    worse.map(alert => [alert.labels.severity, Date.parse(alert.endsAt) > START]),
    [
      ['critical', true],
      ['warning', false],
    ],
  );
  const end = third!.json as Alert[];
  assert.deepEqual(end[0]!.labels, open[0]!.labels);
  assert.equal(Date.parse(end[0]!.endsAt), START + 60_000);
});

test('email: goes over STARTTLS to all, threads by incident, keeps its Message-ID over retries', async () => {
  const [first, second] = await sentTo('email', message(), message());
  assert.deepEqual(first!.headers.to, ['ann@example.org', 'ben@example.org']);
  assert.equal(first!.headers.secure, 'true');
  for (const mail of [first!, second!]) {
    assert.match(mail.text, /^Message-ID: <message-1@deadair>/m);
    assert.match(mail.text, /^References: <incident-01KAREC0RDED07AGENT4L0ST00@deadair>/m);
    assert.match(mail.text, /^Auto-Submitted: auto-generated/m);
  }
  assert.match(first!.text, /^Subject: \[NEW\] critical: agent-4 lost: the host stopped answering in run/m);
  assert.match(first!.text, /&lt;stopped&gt; answering &amp;/, 'escaped in the HTML part');
});

test('email: a wrong password says so', async () => {
  const receiver = await smtpReceiver();
  try {
    receiver.settings.password = 'wrong';
    await assert.rejects(
      channelTo(receiver).send(message(), withinAMinute()),
      /Invalid login.*wrong password/s,
    );
  } finally {
    await receiver.close();
  }
});

test('command: arguments reach the program as they are, without a shell', async () => {
  const [got] = await sentTo('command', message());
  const { args, title } = got!.headers as unknown as { args: string[]; title: string };
  assert.deepEqual(args, ['$(touch never); `id` && echo *']);
  assert.match(title, /agent-4 lost/);
});

test('command: of the environment of the service the program gets what it needs and what is named, no token', async () => {
  const receiver = await commandReceiver();
  try {
    const env = {
      PATH: process.env.PATH,
      LC_ALL: 'C',
      TZ: 'UTC',
      DEADAIR_TOKEN: 'planted-token',
      DEADAIR_ES_PASSWORD: 'planted-password',
      AWS_SECRET_ACCESS_KEY: 'planted-key',
      NODE_OPTIONS: '--no-warnings',
      PAGER_REGION: 'eu',
    };
    const settings = ChannelSettings.parse({
      name: 'ops',
      ...receiver.settings,
      env: ['PAGER_REGION', 'ABSENT'],
    });
    const [channel] = createChannels([settings], { env, sink: { write() {} } });
    await channel!.send(message(), withinAMinute());
    const { env: got } = receiver.taken[0]!.headers as unknown as { env: Record<string, string> };
    assert.ok(!JSON.stringify(got).includes('planted'));
    const names = Object.keys(got).filter(name => !name.startsWith('DEADAIR_ALERT_'));
    // What a libc or a launcher adds of its own is not ours to judge.
    assert.deepEqual(names.filter(name => name in env || name in process.env).sort(), [
      'LC_ALL',
      'PAGER_REGION',
      'PATH',
      'TZ',
    ]);
    assert.equal(got.DEADAIR_ALERT_STATUS, 'open');
  } finally {
    await receiver.close();
  }
});

for (const kind of ['webhook', 'slack', 'alertmanager'])
  test(`${kind}: an address with user and password is refused, says what to do, and shows neither`, () => {
    const url = 'https://planted-user:planted-secret@hooks.example/x';
    const parsed = ChannelSettings.safeParse({ name: 'ops', kind, url });
    const told = JSON.stringify(parsed.error?.issues);
    assert.match(told, /must not hold a user or password/);
    assert.doesNotMatch(told, /planted/);
    assert.throws(
      () =>
        createChannels([ChannelSettings.parse({ name: 'ops', kind, url: { env: 'HOOK' } })], {
          env: { HOOK: url },
          sink: { write() {} },
        }),
      (error: DeadairError) => {
        assert.equal(error.code, 'config.invalid');
        assert.equal(error.subject, 'alerts.channels[0].url');
        assert.match(error.message, /authorization/);
        assert.doesNotMatch(error.message, /planted/);
        return true;
      },
    );
  });

test('command: what the program itself started ends with it at the time limit', async () => {
  const abort = new AbortController();
  const channel = channelTo({
    settings: { kind: 'command', command: ['/bin/sh', '-c', 'trap "" TERM; sleep 600 & wait; sleep 600'] },
  } as unknown as Receiver);
  const attempt = channel.send(message(), abort.signal);
  abort.abort();
  await assert.rejects(attempt, /ran past its time limit/);
});

test('log: a line with the headline, then sentence and evidence; control characters are shown as what they are', async () => {
  let text = '';
  const [channel] = createChannels([{ name: 'console', kind: 'log', timeout: 15_000 }], {
    env: {},
    sink: { write: (part: string) => (text += part) },
  });
  const fault = incident({
    evidence: [{ at: START, by: 'agent-4', role: 'cause', text: 'bell\u0007 \u001b[2Jclear' }],
  });
  await channel!.send(
    buildMessage('m', START, [buildItem('opened', fault, { links: {}, evidenceLines: 5 })]),
    withinAMinute(),
  );
  assert.deepEqual(text.split('\n'), [
    '16:58:42.363 ✗ critical agent-4 lost: the host stopped answering',
    '             agent-4 stopped answering; the controller gave it up after 40 s without a keepalive answer.',
    '             16:58:42.400 agent-4: bell\\x07 \\x1b[2Jclear',
    '',
  ]);
});

test('a secret that can not be had names the setting and what to do', () => {
  const settings = ChannelSettings.parse({ name: 'ops', kind: 'slack', url: { env: 'NOT_SET' } });
  assert.throws(() => createChannels([settings], { env: {}, sink: { write() {} } }), {
    code: 'config.invalid',
    subject: 'alerts.channels[0].url',
    message: 'The environment variable NOT_SET is not set; set it or write the value here.',
  });
});
