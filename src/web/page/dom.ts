/**
 * Building elements without a framework. Text always goes in as text nodes and styles through the CSSOM, so nothing a
 * log line holds can become markup, and the page runs under a Content-Security-Policy without 'unsafe-inline'.
 */

export type Child = Node | string | number | null | undefined | false;

type Handler = (event: never) => void;

export interface Props {
  class?: string | undefined;
  /** CSS custom properties, such as `--hue`. */
  vars?: Record<string, string | number>;
  data?: Record<string, string>;
  on?: Record<string, Handler>;
  [attribute: string]: unknown;
}

/** h('button', { class: 'chip', type: 'button', on: { click } }, 'text') */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  props: Props = {},
  ...children: (Child | Child[])[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === 'class') element.className = String(value);
    else if (name === 'vars')
      for (const [key, text] of Object.entries(value as object)) element.style.setProperty(key, String(text));
    else if (name === 'data') Object.assign(element.dataset, value);
    else if (name === 'on')
      for (const [event, run] of Object.entries(value as Record<string, EventListener>))
        element.addEventListener(event, run);
    else element.setAttribute(name, value === true ? '' : String(value));
  }
  append(element, children);
  return element;
}

export function append(parent: Element | DocumentFragment, children: (Child | Child[])[]): void {
  for (const child of children.flat()) {
    if (child === null || child === undefined || child === false) continue;
    parent.append(typeof child === 'number' ? String(child) : child);
  }
}

/** Replaces everything in `parent`. */
export function fill(parent: Element, ...children: (Child | Child[])[]): void {
  parent.replaceChildren();
  append(parent, children);
}

/** The element of index.html with this id; its absence is a mistake in the page itself. */
export function byId<T extends HTMLElement = HTMLElement>(id: string): T {
  const element = document.getElementById(id);
  if (!element) throw new Error(`index.html has no #${id}`);
  return element as T;
}

/** 16×16 stroke icons; the paths are all there is to them. */
const ICONS = {
  close: 'M4 4l8 8M12 4l-8 8',
  link: 'M6.5 9.5l3-3M7 4.5l1-1a3 3 0 014.2 4.2l-1.2 1M9 11.5l-1 1A3 3 0 013.8 8.3l1.2-1',
  copy: 'M5.5 5.5h7v8h-7zM3.5 10.5v-8h7',
  up: 'M8 12.5v-9M4 7l4-4 4 4',
  down: 'M8 3.5v9M4 9l4 4 4-4',
  chevron: 'M6 4l4 4-4 4',
  caret: 'M4 6l4 4 4-4',
  pin: 'M6 2.5h4l-.5 4 2.5 2.5h-8l2.5-2.5zM8 9v4.5',
  clock: 'M8 4.5V8l2.5 1.5M14 8A6 6 0 112 8a6 6 0 0112 0z',
  file: 'M4 2.5h5l3 3v8H4zM9 2.5v3h3',
  search: 'M7 11.5a4.5 4.5 0 110-9 4.5 4.5 0 010 9zM10.5 10.5l3 3',
  pause: 'M5.5 3.5v9M10.5 3.5v9',
  play: 'M5 3.5l7 4.5-7 4.5z',
  sun: 'M8 11a3 3 0 100-6 3 3 0 000 6zM8 1.5v1.5M8 13v1.5M1.5 8H3M13 8h1.5M3.4 3.4l1 1M11.6 11.6l1 1M12.6 3.4l-1 1M4.4 11.6l-1 1',
  wrap: 'M2.5 4h11M2.5 8h8.5a2.25 2.25 0 010 4.5H8M9.5 10.5l-2 2 2 2M2.5 12h2',
  help: 'M6 6.2a2 2 0 113 1.6c-.7.4-1 .8-1 1.6M8 11.6v.2M14 8A6 6 0 112 8a6 6 0 0112 0z',
} as const;

export type IconName = keyof typeof ICONS;

export function icon(name: IconName): SVGSVGElement {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', '0 0 16 16');
  svg.setAttribute('class', 'icon');
  svg.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  path.setAttribute('d', ICONS[name]);
  svg.append(path);
  return svg;
}
