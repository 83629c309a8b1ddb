import { z } from 'zod';
import { DOCUMENT_KINDS } from '../model/document-kinds.js';
import type { DocumentStore } from '../model/documents.js';
import { listAll } from '../model/documents.js';
import type { Clock } from '../platform/clock.js';
import { DeadairError } from '../platform/errors.js';
import { Matcher } from './matcher.js';
import { type Silence, type Stored, timeOrderedId } from './records.js';

/** What `POST /v1/alerts/silences` takes. */
export const SilenceRequest = z
  .strictObject({
    match: Matcher.default({}),
    /** Now, when absent. */
    from: z.iso.datetime({ offset: true }).optional(),
    until: z.iso.datetime({ offset: true }).optional(),
    minutes: z.number().min(0.1).max(527_040).optional(),
    comment: z.string().max(500).default(''),
    by: z.string().max(100).default('somebody'),
  })
  .refine(request => (request.until === undefined) !== (request.minutes === undefined), {
    message: 'say either how long ("minutes") or until when ("until")',
  });
export type SilenceRequest = z.input<typeof SilenceRequest>;

/** Silences as documents. They end by themselves; there is none without an end. */
export class Silences {
  private all: Stored<Silence>[] = [];

  constructor(
    private readonly documents: DocumentStore,
    private readonly clock: Clock,
    private readonly random: () => number,
  ) {}

  async load(): Promise<void> {
    const rows = await listAll<Silence>(this.documents, DOCUMENT_KINDS.silence);
    this.all = rows.map(row => ({ ...row.doc, id: row.id }));
  }

  /** Those not over yet, or all that are still kept. */
  list(which: 'current' | 'all' = 'current'): Stored<Silence>[] {
    const now = this.clock.now();
    return which === 'all' ? [...this.all] : this.all.filter(silence => silence.until > now);
  }

  /** @throws DeadairError `request.invalid` when it would end before it begins */
  async add(request: SilenceRequest): Promise<Stored<Silence>> {
    const parsed = SilenceRequest.safeParse(request);
    if (!parsed.success) {
      const issue = parsed.error.issues[0]!;
      throw new DeadairError('request.invalid', `This silence can not be set: ${issue.message}.`, {
        subject: issue.path.join('.') || 'until',
      });
    }
    const now = this.clock.now();
    const { match, comment, by, minutes } = parsed.data;
    const from = parsed.data.from === undefined ? now : Date.parse(parsed.data.from);
    const until = parsed.data.until === undefined ? from + minutes! * 60_000 : Date.parse(parsed.data.until);
    if (until <= Math.max(from, now))
      throw new DeadairError('request.invalid', 'The silence must end after it begins and in the future.', {
        subject: 'until',
      });
    const silence: Silence = { match, from, until, comment, by, createdAt: now };
    const id = timeOrderedId(now, this.random);
    await this.documents.put(DOCUMENT_KINDS.silence, id, silence, 0);
    const stored = { ...silence, id };
    this.all.push(stored);
    return stored;
  }

  /** Ends it now; it stays on record. @throws DeadairError `not-found` */
  async end(id: string): Promise<Stored<Silence>> {
    const now = this.clock.now();
    const silence = this.all.find(one => one.id === id);
    if (!silence || silence.until <= now)
      throw new DeadairError(
        'not-found',
        `No silence "${id}" is in force; \`deadair alerts silences\` lists those that are.`,
        {
          subject: 'id',
        },
      );
    const ended = { ...silence, until: now };
    const { id: _, ...doc } = ended;
    await this.documents.put(DOCUMENT_KINDS.silence, id, doc);
    this.all = this.all.map(one => (one.id === id ? ended : one));
    return ended;
  }

  /** Forgets those that ended before `before`. */
  async prune(before: number): Promise<void> {
    for (const silence of this.all.filter(one => one.until < before))
      await this.documents.delete(DOCUMENT_KINDS.silence, silence.id);
    this.all = this.all.filter(one => one.until >= before);
  }
}
