import { useEffect, useState } from 'preact/hooks';
import { countWords, plural, sizeWords } from '../../../wording/amount.js';
import { agoWords } from '../../../wording/duration.js';
import { client } from '../api/client.js';
import type { Reply } from '../api/types.js';
import { app, prefer, sayError, useNow, useStyle } from '../state/app.js';
import { TIME_MODES } from '../state/preferences.js';
import { Command, Time } from '../ui/common.js';
import { Table } from '../ui/table.js';
import { ServiceSettings } from './service-settings.js';
import { Tokens } from './tokens.js';

type Status = Reply<'GET /v1/status'>;

/** Collectors, gaps, the store, this page: what keeps Deadair itself well. */
export function HealthView() {
  const service = app.use(state => state.service);
  const store = app.use(state => state.storeHead);
  const tick = app.use(state => Math.floor(state.tick / 10));
  const [status, setStatus] = useState<Status>();
  useEffect(() => {
    client.call('GET /v1/status').then(setStatus, sayError);
  }, [tick]);
  return (
    <>
      <h1>Health and settings</h1>
      <section>
        <h2>Collectors</h2>
        <Collectors hosts={status?.hosts} />
      </section>
      <section>
        <h2>Bytes that are missing</h2>
        <Missing status={status} />
      </section>
      <section>
        <h2>Store</h2>
        {store && <StoreFacts />}
        {store?.warnings.map(text => (
          <p class="warn" key={text}>
            {text}
          </p>
        ))}
        {store?.damaged.map(one => (
          <p class="problem" key={one.file}>
            {one.file}: {one.reason}
          </p>
        ))}
      </section>
      <Tokens />
      <ServiceSettings />
      <section>
        <h2>This page</h2>
        <PageSettings />
      </section>
      <section>
        <h2>This service</h2>
        <p>
          Deadair {service?.version} · <a href="/openapi.json">API</a> · <a href="/metrics">metrics</a>
        </p>
      </section>
    </>
  );
}

function Collectors({ hosts }: { hosts: Status['hosts'] | undefined }) {
  const now = useNow();
  const style = useStyle();
  if (!hosts) return <div class="loading" aria-busy="true" />;
  if (hosts.length === 0)
    return (
      <>
        <p class="hint">None is connected. On a host:</p>
        <Command text={`deadair collect --to ${location.origin} --watch /home/ubuntu/sai3-logs`} />
      </>
    );
  return (
    <Table columns={['Host', 'Agents', 'Heartbeat', 'Disk free', 'Program']}>
      {hosts.map(one => (
        <tr key={one.host}>
          <td>{one.host}</td>
          <td>{one.agents.join(', ')}</td>
          <td class="num">
            {one.goodbyeAt ? 'said goodbye' : agoWords(now - Date.parse(one.lastHeartbeatAt))}
          </td>
          <td class="num">{one.diskFree === null ? '–' : sizeWords(one.diskFree)}</td>
          <td>
            {one.program}
            {one.trouble && <p class="trouble warn">{one.trouble.message}</p>}
            {one.undelivered && (
              <p class="trouble warn">
                its lines do not arrive since <Time at={one.undelivered.since} style={style} short />:{' '}
                {one.undelivered.error}
              </p>
            )}
            {one.unread?.map(({ path, why }) => (
              <p class="trouble warn" key={path}>
                {path}: {why}
              </p>
            ))}
          </td>
        </tr>
      ))}
    </Table>
  );
}

function Missing({ status }: { status: Status | undefined }) {
  const style = useStyle();
  if (!status) return null;
  if (status.missing.length === 0)
    return <p class="good">None: every line of every file that was seen is stored, once.</p>;
  return (
    <ul class="plain-list">
      {status.missing.map(one => (
        <li key={`${one.host} ${one.path} ${one.from}`}>
          <Time at={one.at} style={style} short /> <b>{one.agent}</b> {one.path}:{' '}
          {one.to === null ? 'not known how many bytes' : sizeWords(one.to - one.from)} ({one.reason})
        </li>
      ))}
    </ul>
  );
}

function StoreFacts() {
  const store = app.use(state => state.storeHead)!;
  const style = useStyle();
  return (
    <dl class="facts">
      <div>
        <dt>Lines</dt>
        <dd>{countWords(store.lines)}</dd>
      </div>
      <div>
        <dt>On disk</dt>
        <dd>
          {sizeWords(store.bytes)} for {sizeWords(store.rawBytes)} of logs
        </dd>
      </div>
      <div>
        <dt>From</dt>
        <dd>{store.oldest ? <Time at={store.oldest} style={style} short /> : '–'}</dd>
      </div>
      <div>
        <dt>Disk free</dt>
        <dd>{store.diskFree === null ? '–' : sizeWords(store.diskFree)}</dd>
      </div>
      <div>
        <dt>Kind</dt>
        <dd>{store.kind}</dd>
      </div>
    </dl>
  );
}

function PageSettings() {
  const preferences = app.use(state => state.preferences);
  return (
    <div class="page-settings">
      <label>
        Your name, for notes{' '}
        <input
          value={preferences.name}
          maxlength={60}
          onChange={event => prefer({ name: event.currentTarget.value.trim() })}
        />
      </label>
      <label>
        Theme{' '}
        <select
          class="control"
          value={preferences.theme}
          onChange={event => prefer({ theme: event.currentTarget.value as typeof preferences.theme })}
        >
          <option value="system">as the system</option>
          <option value="light">light</option>
          <option value="dark">dark</option>
        </select>
      </label>
      <label>
        Times{' '}
        <select
          class="control"
          value={preferences.times}
          onChange={event => prefer({ times: event.currentTarget.value as typeof preferences.times })}
        >
          {TIME_MODES.map(mode => (
            <option key={mode} value={mode}>
              {mode}
            </option>
          ))}
        </select>
      </label>
      <p class="hint">
        {plural(preferences.saved.length, 'saved view')},{' '}
        {plural(preferences.history.length, 'query', 'queries')} in the history; kept in this browser.
      </p>
    </div>
  );
}
