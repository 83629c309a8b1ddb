import { useLayoutEffect, useRef } from 'preact/hooks';
import { drawWaiting } from '../state/store.js';

export interface KeyBinding {
  /** As `KeyboardEvent.key` gives them. */
  keys: string[];
  /** What it does, for the list of keys; '' keeps it off the list. */
  says: string;
  run: (key: string) => void;
}

const active = new Set<{ current: KeyBinding[] }>();

/** Single keys as in pagers, while the component stands; those of inner components win. */
export function useKeys(bindings: KeyBinding[]): void {
  const ref = useRef(bindings);
  ref.current = bindings;
  useLayoutEffect(() => {
    active.add(ref);
    return () => {
      active.delete(ref);
    };
  }, []);
}

/** What keys do now. */
export function keysNow(): KeyBinding[] {
  return [...active].flatMap(ref => ref.current).filter(one => one.says !== '');
}

/** Single keys as in pagers: silent while one types, with modifiers held, and while a dialog is open. */
export function followKeys(): void {
  // What is done is meant for what was done before it, not for what was drawn before it. Not at `input`, `change` and `click`: a box
  // has its new text or tick by then, and a drawing would put back what the state still says before the handler reads it.
  for (const name of ['keydown', 'pointerdown'])
    document.addEventListener(name, drawWaiting, { capture: true });
  document.addEventListener('keydown', event => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
    if (document.querySelector('dialog[open]')) return;
    const target = event.target as HTMLElement;
    if (isTyping(target)) {
      if (event.key === 'Escape') target.blur();
      return;
    }
    // A pressed button must stay a pressed button.
    if ((event.key === 'Enter' || event.key === ' ') && /^(BUTTON|A|SUMMARY)$/.test(target.tagName)) return;
    if (press(event.key)) event.preventDefault();
  });
}

/** Does what the key does now; false where it does nothing. */
export function press(key: string): boolean {
  drawWaiting();
  const binding = [...active]
    .reverse()
    .flatMap(ref => ref.current)
    .find(one => one.keys.includes(key));
  binding?.run(key);
  return binding !== undefined;
}

function isTyping(target: HTMLElement): boolean {
  if (target instanceof HTMLInputElement) return target.type !== 'checkbox' && target.type !== 'radio';
  return target instanceof HTMLSelectElement || target instanceof HTMLTextAreaElement;
}
