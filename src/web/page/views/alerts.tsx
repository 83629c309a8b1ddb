import { useEffect, useState } from 'preact/hooks';
import { plural } from '../../../wording/amount.js';
import { agoWords, durationWords } from '../../../wording/duration.js';
import { client } from '../api/client.js';
import type { Reply } from '../api/types.js';
import { app, change, say, sayError, useNow, useStyle } from '../state/app.js';
import { Command, Empty, QuietButton, Time } from '../ui/common.js';
import { Table } from '../ui/table.js';

type Alerts = Reply<'GET /v1/alerts'>;
type Suppression = Reply<'GET /v1/alerts/suppressions'>['suppressions'][number];

/** Who is told of what: channels, silences, what was told, what was held and why. */
export function AlertsView() {
  const [alerts, setAlerts] = useState<Alerts>();
  const [held, setHeld] = useState<Suppression[]>([]);
  const [round, setRound] = useState(0);
  const incidents = app.use(state => state.incidents);
  const tick = app.use(state => Math.floor(state.tick / 10));
  useEffect(() => {
    client.call('GET /v1/alerts', { query: { limit: 100 } }).then(setAlerts, sayError);
    client
      .call('GET /v1/alerts/suppressions', { query: { limit: 100 } })
      .then(reply => setHeld(reply.suppressions), sayError);
  }, [round, incidents, tick]);
  if (!alerts) return <div class="loading" aria-busy="true" />;
  const again = () => setRound(n => n + 1);
  return (
    <>
      <h1>Alerts</h1>
      <Channels channels={alerts.channels} again={again} />
      <Silences silences={alerts.silences} again={again} />
      <Told notifications={alerts.notifications} />
      <Held held={held} />
    </>
  );
}

function Channels({ channels, again }: { channels: Alerts['channels']; again: () => void }) {
  const now = useNow();
  if (channels.length === 0)
    return (
      <section>
        <h2>Channels</h2>
        <Empty title="Nobody is told yet">
          <p>
            Incidents show here and in <code>deadair watch</code>. To be told by a webhook, Slack, e-mail,
            Alertmanager or a command, name a channel in <code>deadair.yaml</code>:
          </p>
          <pre class="snippet">
            {
              'alerts:\n  channels:\n    - name: team\n      kind: slack\n      url: https://hooks.slack.com/services/…'
            }
          </pre>
          <Command text="deadair config check" />
        </Empty>
      </section>
    );
  return (
    <section>
      <h2>Channels</h2>
      <Table columns={['Channel', 'Kind', 'Waiting', 'Last delivered', 'Last error', 'Do']}>
        {channels.map(one => (
          <tr key={one.name}>
            <td>{one.name}</td>
            <td>{one.kind}</td>
            <td class={one.waiting > 0 ? 'num warn' : 'num'}>{one.waiting}</td>
            <td class="num">
              {one.lastDeliveredAt ? agoWords(now - Date.parse(one.lastDeliveredAt)) : 'never'}
            </td>
            <td class={one.lastError ? 'wide bad' : 'wide'}>{one.lastError ?? '–'}</td>
            <td>
              <QuietButton
                icon="bell"
                onClick={() =>
                  void client
                    .call('POST /v1/alerts/test', { body: { channel: one.name } })
                    .then(
                      reply =>
                        say(`${one.name} took the test message in ${durationWords(reply.milliseconds)}`),
                      sayError,
                    )
                    .then(again)
                }
              >
                Send a test
              </QuietButton>
            </td>
          </tr>
        ))}
      </Table>
    </section>
  );
}

function Silences({ silences, again }: { silences: Alerts['silences']; again: () => void }) {
  const style = useStyle();
  const by = app.use(state => state.preferences.name) || 'somebody';
  const agents = app.use(state => state.agents);
  return (
    <section>
      <h2>Silences</h2>
      <form
        class="run-form"
        onSubmit={event => {
          event.preventDefault();
          const form = new FormData(event.currentTarget);
          const agent = String(form.get('agent') ?? '');
          client
            .call('POST /v1/alerts/silences', {
              body: {
                match: agent ? { agents: [agent] } : {},
                minutes: Number(form.get('minutes')),
                comment: String(form.get('comment') ?? ''),
                by,
              },
            })
            .then(again, sayError);
        }}
      >
        <label>
          Hold alerts about{' '}
          <select class="control" name="agent">
            <option value="">all hosts</option>
            {agents.map(one => (
              <option key={one.id} value={one.id}>
                {one.id}
              </option>
            ))}
          </select>
        </label>
        <label>
          for{' '}
          <select class="control" name="minutes">
            <option value="30">30 minutes</option>
            <option value="120">2 hours</option>
            <option value="480">8 hours</option>
          </select>
        </label>
        <input name="comment" aria-label="Why" placeholder="why" maxlength={500} />
        <button type="submit" class="secondary">
          Silence
        </button>
      </form>
      {silences.length === 0 ? (
        <p class="hint">None in force: everything is told.</p>
      ) : (
        <ul class="plain-list">
          {silences.map(one => (
            <li key={one.id}>
              <b>{matchText(one.match)}</b> until <Time at={one.until} style={style} short /> · {one.by}
              {one.comment && ` · ${one.comment}`}
              <QuietButton
                icon="close"
                onClick={() =>
                  void client
                    .call('DELETE /v1/alerts/silences/{id}', { path: { id: one.id } })
                    .then(again, sayError)
                }
              >
                End
              </QuietButton>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

function matchText(match: Record<string, unknown>): string {
  const parts = Object.entries(match).map(
    ([name, value]) => `${name} ${Array.isArray(value) ? value.join(', ') : String(value)}`,
  );
  return parts.length === 0 ? 'everything' : parts.join(' · ');
}

function Told({ notifications }: { notifications: Alerts['notifications'] }) {
  const style = useStyle();
  return (
    <section>
      <h2>Told</h2>
      {notifications.length === 0 ? (
        <p class="hint">Nothing has been told yet.</p>
      ) : (
        <Table columns={['When', 'Channel', 'State', 'What']}>
          {notifications.map(one => (
            <tr key={one.id}>
              <td class="num">
                <Time at={one.createdAt} style={style} short />
              </td>
              <td>{one.channel}</td>
              <td class={one.status === 'delivered' ? '' : 'warn'} title={one.lastError}>
                {one.status}
                {one.attempts > 1 && `, ${plural(one.attempts, 'attempt')}`}
              </td>
              <td class="wide">
                <button
                  type="button"
                  class="link"
                  onClick={() => change({ tab: 'incidents', incident: one.incidents[0] ?? '' })}
                >
                  {one.title}
                </button>
              </td>
            </tr>
          ))}
        </Table>
      )}
    </section>
  );
}

function Held({ held }: { held: Suppression[] }) {
  const style = useStyle();
  return (
    <section>
      <h2>Held, and why</h2>
      {held.length === 0 ? (
        <p class="hint">Nothing was held back.</p>
      ) : (
        <ul class="plain-list">
          {held.map(one => (
            <li key={one.id}>
              <Time at={one.at} style={style} short /> <b>{one.subjects.join(', ')}</b>{' '}
              {one.kind.replaceAll('-', ' ')}: {one.detail}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
