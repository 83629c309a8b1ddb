import { useEffect, useState } from 'preact/hooks';
import { client } from '../api/client.js';
import type { Reply } from '../api/types.js';
import { app, say, sayError, useStyle } from '../state/app.js';
import { Command, QuietButton, Time } from '../ui/common.js';
import { Table } from '../ui/table.js';

type Token = Reply<'GET /v1/tokens'>['tokens'][number];

/** Who may what; for who is signed in with the right to know. */
export function Tokens() {
  const who = app.use(state => state.who);
  const style = useStyle();
  const [tokens, setTokens] = useState<Token[]>();
  const [round, setRound] = useState(0);
  const may = who?.scope === 'admin';
  useEffect(() => {
    if (may) client.call('GET /v1/tokens').then(reply => setTokens(reply.tokens), sayError);
  }, [may, round]);
  const revoke = (name: string) =>
    client.call('DELETE /v1/tokens/{name}', { path: { name } }).then(() => {
      say(`${name} is revoked`);
      setRound(n => n + 1);
    }, sayError);
  return (
    <section id="tokens">
      <h2>Tokens</h2>
      {!may && (
        <p class="hint">Shown to who is signed in with a token of scope admin. On the service’s host:</p>
      )}
      {may && tokens?.length === 0 && <p class="hint">None yet. To give somebody one:</p>}
      {may && tokens && tokens.length > 0 && (
        <Table columns={['Name', 'Scope', 'Agents', 'Made', 'Until', 'Do']}>
          {tokens.map(one => (
            <tr key={one.name}>
              <td>{one.name}</td>
              <td>{one.scope}</td>
              <td>{one.agents ?? 'all'}</td>
              <td class="num">
                <Time at={one.createdAt} style={style} short />
              </td>
              <td class={one.expired ? 'num bad' : 'num'}>
                {one.expiresAt ? <Time at={one.expiresAt} style={style} short /> : 'until revoked'}
              </td>
              <td>
                <QuietButton onClick={() => void revoke(one.name)}>Revoke</QuietButton>
              </td>
            </tr>
          ))}
        </Table>
      )}
      <Command text="deadair token create NAME --scope read" />
    </section>
  );
}
