import type { Programs, SourceNames, SourceProgram } from './programs.js';

/** A log that is read: what is known of it by name. `id` is stable; `program`: what the settings say it is. */
export interface LineSource extends SourceNames {
  id: string;
  /** The same for all generations of a log: after a rotation it is taken for what it was before, until a line says otherwise. */
  log?: string;
  program?: string;
}

/** So many sources are remembered, those heard of last. One forgotten is recognised again by its next mark. */
const MOST = 20_000;
/** As much of a telling line as the reason quotes. */
const QUOTED = 80;

/** A log that several programs write to, as syslog is: each line is judged by the marks in it alone. */
const MIXED = 'several programs write to it';

/** Which program each source was taken for. Settings come first, then names, then the first line with a program's mark. */
export class SourcePrograms {
  private readonly known = new Map<string, SourceProgram | typeof MIXED | undefined>();
  /** What a line told of the generation before. */
  private readonly before = new Map<string, SourceProgram>();
  /** What settings and names say of the source asked for last: many lines of it follow each other. */
  private asked: { source: LineSource; found: SourceProgram | undefined } | undefined;

  constructor(private readonly programs: Programs) {}

  /** @returns undefined while nothing told, or where several programs write to it */
  of(source: LineSource): SourceProgram | undefined {
    if (!this.known.has(source.id)) this.remember(source.id, this.beforehand(source));
    const known = this.known.get(source.id) ?? this.before.get(source.log ?? '');
    return known === MIXED ? undefined : known;
  }

  /**
   * A line holds a mark of this program. In a log of several programs that is every other line.
   * @param textOf the line
   */
  learn(source: LineSource, program: string, textOf: () => string): void {
    const known = this.known.get(source.id);
    if (known === MIXED || known?.program === program) return;
    if (this.beforehand(source) !== undefined) return;
    const text = textOf();
    const quoted = text.length > QUOTED ? `${text.slice(0, QUOTED)}…` : text;
    const learnt = { program, why: `only ${program} writes lines such as: ${quoted}`, learnt: true };
    this.remember(source.id, known === undefined ? learnt : MIXED);
    if (source.log === undefined) return;
    this.before.delete(source.log);
    if (known !== undefined) return;
    this.before.set(source.log, {
      program,
      why: `only ${program} writes what stood in it before it was rotated`,
    });
    if (this.before.size > MOST) this.before.delete(this.before.keys().next().value!);
  }

  /** What a line told of the source so far. */
  learnt(id: string): string | undefined {
    const known = this.known.get(id);
    return known === undefined || known === MIXED || !known.learnt ? undefined : known.program;
  }

  /** What a line told before a restart. A program that no pack describes any more is forgotten. */
  resume(id: string, program: string): void {
    if (this.programs.knows(program) && !this.known.has(id))
      this.remember(id, {
        program,
        why: `only ${program} writes what it wrote before the restart`,
        learnt: true,
      });
  }

  private beforehand(source: LineSource): SourceProgram | undefined {
    if (this.asked?.source === source) return this.asked.found;
    const found =
      source.program === undefined
        ? this.programs.named(source)
        : { program: source.program, why: 'the settings say so (detect.programs)' };
    this.asked = { source, found };
    return found;
  }

  private remember(id: string, program: SourceProgram | typeof MIXED | undefined): void {
    this.known.delete(id);
    this.known.set(id, program);
    if (this.known.size > MOST) this.known.delete(this.known.keys().next().value!);
  }
}
