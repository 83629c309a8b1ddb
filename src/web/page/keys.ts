import type { Tab } from './view.js';

export interface KeyActions {
  search(): void;
  move(step: number): void;
  close(): void;
  pause(): void;
  newest(): void;
  wrap(): void;
  zone(): void;
  help(): void;
  tab(tab: Tab): void;
}

const TABS: Tab[] = ['lines', 'incidents', 'agents', 'runs'];

/** Single keys as in pagers; silent while one types, with modifiers held, and while a dialog is open. */
export function bindKeys(actions: KeyActions): void {
  document.addEventListener('keydown', event => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector('dialog[open]')) return;
    const target = event.target as HTMLElement;
    const typing = target instanceof HTMLInputElement && target.type !== 'checkbox';
    if (typing || target instanceof HTMLSelectElement || target instanceof HTMLTextAreaElement) {
      if (event.key === 'Escape') target.blur();
      return;
    }
    const tab = TABS[Number(event.key) - 1];
    const action: Record<string, () => void> = {
      '/': actions.search,
      j: () => actions.move(1),
      ArrowDown: () => actions.move(1),
      k: () => actions.move(-1),
      ArrowUp: () => actions.move(-1),
      Escape: actions.close,
      p: actions.pause,
      n: actions.newest,
      w: actions.wrap,
      u: actions.zone,
      '?': actions.help,
      ...(tab ? { [event.key]: () => actions.tab(tab) } : {}),
    };
    const run = action[event.key];
    if (!run) return;
    event.preventDefault();
    run();
  });
}
