import type { ComponentChildren } from 'preact';
import { clockTime, fullTime, type TimeStyle } from '../../../wording/time.js';
import { say } from '../state/app.js';
import { agentHue } from './agent-hue.js';
import { Icon, type IconName } from './icons.js';

export function AgentName({ name }: { name: string }) {
  if (name === 'deadair') return <span class="agent observer">deadair</span>;
  return (
    <span class="agent" style={{ '--hue': agentHue(name) }}>
      {name}
    </span>
  );
}

export function QuietButton(props: {
  icon?: IconName;
  title?: string;
  pressed?: boolean;
  label?: string;
  onClick: () => void;
  children?: ComponentChildren;
}) {
  return (
    <button
      type="button"
      class="quiet"
      title={props.title}
      aria-label={props.label}
      aria-pressed={props.pressed}
      onClick={props.onClick}
    >
      {props.icon && <Icon name={props.icon} />}
      {props.children}
    </button>
  );
}

/** A time of the log; `near`: of the same day, which need not be said again. */
export function Time({
  at,
  style,
  near,
  short,
}: {
  at: string | number;
  style: TimeStyle;
  near?: number;
  short?: boolean;
}) {
  const ms = typeof at === 'number' ? at : Date.parse(at);
  const text = clockTime(ms, style, near);
  return (
    <time dateTime={new Date(ms).toISOString()} title={fullTime(ms, style)}>
      {short ? text.replace(/\.\d+$/, '') : text}
    </time>
  );
}

/** A command to type, with a button that copies it. */
export function Command({ text }: { text: string }) {
  return (
    <div class="command-box">
      <code>{text}</code>
      <QuietButton
        icon="copy"
        title="Copy the command"
        label={`Copy: ${text}`}
        onClick={() => copy(text, 'Command')}
      />
    </div>
  );
}

export function copy(text: string, what: string): void {
  navigator.clipboard?.writeText(text).then(
    () => say(`${what} copied`),
    () => say('The browser does not allow copying here'),
  );
}

/** What stands where nothing is yet: what it would be, and what to do next. */
export function Empty({ title, children }: { title: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <h2>{title}</h2>
      {children}
    </div>
  );
}

/** `agent-lost` is a program's word; people read "Agent lost". */
export function kindText(kind: string): string {
  const words = kind.replaceAll('-', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** Quotes a word for a shell. */
export function shellQuoted(text: string): string {
  return /^[\w./:@,=+-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
