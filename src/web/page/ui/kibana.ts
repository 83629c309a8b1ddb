import { client } from '../api/client.js';
import { say } from '../state/app.js';

/** Opens a place in Kibana in a tab of its own. @param path of the API, `/v1/kibana/…`, which knows its address */
export function openKibana(path: string): void {
  // Opened before the answer is there: later the browser would take it for a popup.
  const tab = open('', '_blank');
  if (tab) tab.opener = null;
  client
    .fetch(path)
    .then(response => response.json() as Promise<{ url: string }>)
    .then(
      ({ url }) => {
        if (tab) tab.location.replace(url);
        else say('The browser does not allow a new tab here');
      },
      (error: Error) => {
        tab?.close();
        say(error.message);
      },
    );
}
