/** A line on its way: its id says where it belongs, so that sending it twice stores it once. */
export interface BulkLine {
  readonly id: string;
  /** The document, without a newline. */
  readonly json: string;
  /** Length as it is sent, action and document. */
  readonly bytes: number;
}

const ACTION = '{"create":{"_id":"';
const AFTER_ID = '"}}\n';
const NEWLINE = 0x0a;
const FIRST_CHUNK = 32 * 1024;
const LARGEST_CHUNK = 1024 * 1024;

/**
 * Writes lines as they are sent, one behind the other, outside of the heap: as strings they live until a bulk is answered, and each
 * collection of the young generation copies them meanwhile, a quarter of all the service did.
 */
export class BulkLines {
  private chunk: Buffer = Buffer.alloc(0);
  private at = 0;
  private size = FIRST_CHUNK;

  /** @param id ASCII without quotes and backslashes */
  add(id: string, json: string): BulkLine {
    const action = ACTION + id + AFTER_ID;
    // No character takes more than three bytes a unit of UTF-16.
    const most = action.length + json.length * 3 + 1;
    if (this.chunk.length - this.at < most) this.next(most);
    const { chunk, at: from } = this;
    let at = from + chunk.write(action, from, 'latin1');
    at += chunk.write(json, at);
    chunk[at++] = NEWLINE;
    this.at = at;
    return new SentLine(chunk, from, from + action.length, at);
  }

  private next(least: number): void {
    this.chunk = Buffer.allocUnsafeSlow(Math.max(least, this.size));
    this.at = 0;
    this.size = Math.min(LARGEST_CHUNK, this.size * 2);
  }
}

/** Bytes [from, to) of a chunk; the document begins at `document`. */
class SentLine implements BulkLine {
  constructor(
    readonly chunk: Buffer,
    readonly from: number,
    private readonly document: number,
    readonly to: number,
  ) {}

  get bytes(): number {
    return this.to - this.from;
  }

  get id(): string {
    return this.chunk.toString('latin1', this.from + ACTION.length, this.document - AFTER_ID.length);
  }

  get json(): string {
    return this.chunk.toString('utf8', this.document, this.to - 1);
  }
}

/** The body of a bulk request. @param lines made by `BulkLines` */
export function bodyOf(lines: readonly BulkLine[]): Buffer {
  const parts: Buffer[] = [];
  let [chunk, from, to]: [Buffer | undefined, number, number] = [undefined, 0, 0];
  for (const line of lines as readonly SentLine[]) {
    if (line.chunk !== chunk || line.from !== to) {
      if (chunk) parts.push(chunk.subarray(from, to));
      ({ chunk, from } = line);
    }
    to = line.to;
  }
  if (chunk) parts.push(chunk.subarray(from, to));
  return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
}
