import type { Attempt } from '../model/probe.js';

const KEPT = 200;
/** What was tried is not tried again sooner. */
const AGAIN_MS = 60_000;

/** The latest attempt for each agent and address. */
export class Attempts {
  private readonly byKey: Map<string, Attempt>;
  private readonly wantedAt = new Map<string, number>();
  private wanted: { agent: string; address: string }[] = [];

  constructor(saved: Attempt[] = []) {
    this.byKey = new Map(saved.map(one => [keyOf(one), one]));
  }

  note(attempt: Attempt): void {
    const key = keyOf(attempt);
    this.byKey.delete(key);
    this.byKey.set(key, attempt);
    if (this.byKey.size > KEPT) this.byKey.delete(this.byKey.keys().next().value as string);
  }

  /** A controller complains of one address again and again. */
  want(agent: string, address: string, now: number): void {
    const key = `${agent} ${address}`;
    if (now - (this.wantedAt.get(key) ?? Number.NEGATIVE_INFINITY) < AGAIN_MS) return;
    if (this.wantedAt.size > KEPT) this.wantedAt.clear();
    this.wantedAt.set(key, now);
    this.wanted.push({ agent, address });
    if (this.wanted.length > KEPT) this.wanted.shift();
  }

  takeWanted(): { agent: string; address: string }[] {
    const wanted = this.wanted;
    this.wanted = [];
    return wanted;
  }

  of(agent: string): Attempt | undefined {
    return [...this.byKey.values()].findLast(one => one.agent === agent);
  }

  save(): Attempt[] {
    return [...this.byKey.values()];
  }
}

function keyOf({ agent, address }: Attempt): string {
  return `${agent} ${address}`;
}
