import { useLayoutEffect, useRef } from 'preact/hooks';

export interface KeyBinding {
  /** As `KeyboardEvent.key` gives them. */
  keys: string[];
  /** What it does, for the list of keys; '' keeps it off the list. */
  says: string;
  run: () => void;
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

/** Silent while one types, with modifiers held, and while a dialog is open. */
export function followKeys(): void {
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
    const found = [...active].reverse().flatMap(ref => ref.current);
    const binding = found.find(one => one.keys.includes(event.key));
    if (!binding) return;
    event.preventDefault();
    binding.run();
  });
}

function isTyping(target: HTMLElement): boolean {
  if (target instanceof HTMLInputElement) return target.type !== 'checkbox' && target.type !== 'radio';
  return target instanceof HTMLSelectElement || target instanceof HTMLTextAreaElement;
}
