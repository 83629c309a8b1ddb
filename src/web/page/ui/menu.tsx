import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Icon, type IconName } from './icons.js';

export interface MenuProps {
  label: ComponentChildren;
  /** Said by screen readers and shown on hover. */
  title: string;
  icon?: IconName;
  class?: string;
  panelClass?: string;
  /** The panel's right edge stands under the button's. */
  right?: boolean;
  children: (close: () => void) => ComponentChildren;
}

/** A button with a panel under it, which closes by Esc and by a click outside and gives the focus back. */
export function Menu({
  label,
  title,
  icon,
  class: classes = 'control',
  panelClass,
  right,
  children,
}: MenuProps) {
  const [open, setOpen] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const close = () => {
    setOpen(false);
    button.current?.focus();
  };
  useEffect(() => {
    if (!open) return;
    const outside = (event: PointerEvent) => {
      if (!box.current?.contains(event.target as Node)) setOpen(false);
    };
    document.addEventListener('pointerdown', outside);
    box.current
      ?.querySelector<HTMLElement>('.menu-panel [aria-pressed="true"], .menu-panel button, .menu-panel input')
      ?.focus();
    return () => document.removeEventListener('pointerdown', outside);
  }, [open]);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: keys of what is inside
    <div
      class="menu"
      ref={box}
      onKeyDown={event => {
        if (event.key !== 'Escape' || !open) return;
        event.stopPropagation();
        event.preventDefault();
        close();
      }}
      onFocusOut={event => {
        const to = event.relatedTarget as Node | null;
        if (open && to && !box.current?.contains(to)) setOpen(false);
      }}
    >
      <button
        type="button"
        ref={button}
        class={classes}
        title={title}
        aria-label={typeof label === 'string' ? `${title}: ${label}` : title}
        aria-haspopup="true"
        aria-expanded={open}
        onClick={() => setOpen(!open)}
      >
        {icon && <Icon name={icon} />}
        {label && <span class="ellipsis">{label}</span>}
        <Icon name="caret" />
      </button>
      {open && (
        <div
          class={`menu-panel ${right ? 'menu-right' : ''} ${panelClass ?? ''}`}
          role="group"
          aria-label={title}
        >
          {children(close)}
        </div>
      )}
    </div>
  );
}
