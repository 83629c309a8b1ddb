import { client, token } from '../api/client.js';
import { saveFile } from '../lines/take-away.js';
import { sayError } from '../state/app.js';

/** A link can't carry the token: with one, the report comes as a file, which opens offline anyway. */
export function openPostmortem(run: string): void {
  const address = `/v1/postmortem?${new URLSearchParams({ run, format: 'html' })}`;
  if (!token.get()) {
    open(address, '_blank', 'noopener');
    return;
  }
  client
    .fetch(address)
    .then(response => response.blob())
    .then(blob => saveFile(blob, `postmortem-${run}.html`), sayError);
}
