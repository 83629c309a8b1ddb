/** Why something did not become an incident; kept for `deadair explain`. */
export interface Skip {
  at: number;
  /** The kind of incident or the rule that did not fire. */
  rule: string;
  agent?: string;
  run?: string;
  reason: string;
}

const MOST = 2000;

/** The latest decision per run, agent and rule; the oldest are forgotten. */
export class Skips {
  private readonly byKey = new Map<string, Skip>();

  constructor(saved: Skip[] = []) {
    for (const skip of saved) this.note(skip);
  }

  note(skip: Skip): void {
    // counts in the words change: the latest is kept
    const key = `${skip.run ?? ''}|${skip.agent ?? ''}|${skip.rule}|${skip.reason.replace(/\d+/g, '#')}`;
    const known = this.byKey.get(key);
    if (known) {
      if (skip.at >= known.at) Object.assign(known, skip);
      return;
    }
    this.byKey.set(key, { ...skip });
    if (this.byKey.size > MOST) {
      const oldest = this.byKey.keys().next().value;
      if (oldest !== undefined) this.byKey.delete(oldest);
    }
  }

  find(question: { agent?: string; rule?: string; at?: number }): Skip[] {
    return [...this.byKey.values()].filter(
      skip =>
        (question.agent === undefined || skip.agent === undefined || skip.agent === question.agent) &&
        (question.rule === undefined || skip.rule.includes(question.rule)) &&
        (question.at === undefined || Math.abs(skip.at - question.at) <= 600_000),
    );
  }

  save(): Skip[] {
    return [...this.byKey.values()];
  }
}
