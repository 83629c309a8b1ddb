import type { Mark } from '../model/finding.js';
import { isFault } from '../model/vocabulary.js';
import type { Names } from './names.js';

/** Who complained about whom, of what, how often. */
export interface Complaint {
  by: string;
  about: string;
  class: string;
  count: number;
  firstAt: number;
  lastAt: number;
}

const MOST = 5000;

export class ComplaintMatrix {
  private readonly byKey: Map<string, Complaint>;

  constructor(
    private readonly names: Names,
    saved: Complaint[] = [],
  ) {
    this.byKey = new Map(saved.map(entry => [keyOf(entry), entry]));
  }

  note(mark: Mark, at: number): void {
    if (!isFault(mark.class)) return;
    const about = aboutWhom(mark, this.names);
    if (!about || about === mark.agent) return;
    const count = mark.count ?? 1;
    const entry = { by: mark.agent, about, class: mark.class, count, firstAt: at, lastAt: at };
    const known = this.byKey.get(keyOf(entry));
    if (known) {
      known.count += count;
      known.firstAt = Math.min(known.firstAt, at);
      known.lastAt = Math.max(known.lastAt, at);
    } else if (this.byKey.size < MOST) this.byKey.set(keyOf(entry), entry);
  }

  /** Complaints in a span of time, most frequent first. */
  between(from = 0, to = Number.POSITIVE_INFINITY): Complaint[] {
    return [...this.byKey.values()]
      .filter(entry => entry.lastAt >= from && entry.firstAt <= to)
      .sort((a, b) => b.count - a.count || (a.by < b.by ? -1 : 1));
  }

  save(): Complaint[] {
    return [...this.byKey.values()];
  }
}

/** Whom a line is about: an agent where the name is known, else the peer as the line has it. */
export function aboutWhom(mark: Mark, names: Names): string | undefined {
  const fields = mark.fields ?? {};
  if (mark.event?.startsWith('controller.') && fields.agent === undefined) return 'controller';
  if (fields.agent) return names.agent(fields.agent);
  const place = fields.address ?? fields.host;
  if (!place) return undefined;
  const port = fields.port;
  return names.agent(port && !place.includes(':') ? `${place}:${port}` : place);
}

function keyOf(entry: { by: string; about: string; class: string }): string {
  return `${entry.by}|${entry.about}|${entry.class}`;
}
