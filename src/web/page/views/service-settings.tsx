import { useEffect, useState } from 'preact/hooks';
import { plural } from '../../../wording/amount.js';
import { client } from '../api/client.js';
import type { Reply } from '../api/types.js';
import { app, sayError } from '../state/app.js';
import { Command } from '../ui/common.js';
import { Table } from '../ui/table.js';

type Setting = Reply<'GET /v1/settings'>['settings'][number];

/** What the service goes by: first what somebody set, the rest on demand. For who may change it. */
export function ServiceSettings() {
  const may = app.use(state => state.who?.scope === 'admin');
  const [settings, setSettings] = useState<Setting[]>();
  const [all, setAll] = useState(false);
  useEffect(() => {
    if (may) client.call('GET /v1/settings').then(reply => setSettings(reply.settings), sayError);
  }, [may]);
  const own = settings?.filter(one => !one.usual) ?? [];
  const rest = (settings?.length ?? 0) - own.length;
  return (
    <section id="service-settings">
      <h2>Settings of the service</h2>
      {!may && <p class="hint">Shown to who is signed in with a token of scope admin.</p>}
      {settings && own.length === 0 && <p class="hint">Nothing is set: it runs with its defaults.</p>}
      {settings && (all ? settings : own).length > 0 && (
        <Table columns={['Setting', 'Value', 'What it does']}>
          {(all ? settings : own).map(one => (
            <tr key={one.name}>
              <td>
                <code>{one.name}</code>
              </td>
              <td class={one.usual ? 'setting-value' : 'setting-value set'}>{one.value}</td>
              <td class="wide">
                {one.says.split('`').map((part, i) => (i % 2 === 1 ? <code>{part}</code> : part))}
              </td>
            </tr>
          ))}
        </Table>
      )}
      {rest > 0 && (
        <p>
          <button type="button" class="link" aria-expanded={all} onClick={() => setAll(!all)}>
            {all ? 'Only what was set' : `${plural(rest, 'setting')} with the default`}
          </button>
        </p>
      )}
      <p class="hint">
        They are changed in deadair.yaml or by DEADAIR_ variables; this says what is wrong there:
      </p>
      <Command text="deadair config check" />
    </section>
  );
}
