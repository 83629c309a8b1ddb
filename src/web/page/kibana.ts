import type { Api } from './api.js';
import { h, icon } from './dom.js';

/** Opens a place in Kibana in a tab of its own. @param path of the API, `/v1/kibana/…`, which knows its address */
export function openKibana(api: Api, path: string, say: (text: string) => void): void {
  // Opened before the answer is there: later the browser would take it for a popup.
  const tab = open('', '_blank');
  if (tab) tab.opener = null;
  api.json<{ url: string }>(path).then(
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

export function kibanaButton(text: string, title: string, run: () => void): HTMLElement {
  return h('button', { type: 'button', class: 'quiet', title, on: { click: run } }, icon('link'), text);
}
