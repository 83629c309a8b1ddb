import { isAscii } from 'node:buffer';
import type { LogRow } from '../model/log-row.js';
import {
  ALTERED,
  LEVELS,
  type LevelComparison,
  levelsWhere,
  RecordFlag,
  SIGNAL_CLASSES,
} from '../model/vocabulary.js';
import { DeadairError } from '../platform/errors.js';
import type { BatchText } from '../records/batch-text.js';
import { ACCESS_FIELDS, comparable, lineFields, quantityOf } from '../records/line-fields.js';
import { originOf, shownBytes, streamOf } from '../records/logged.js';
import { searchedBytes, searchedText } from '../records/states.js';
import type { SourceDescriptor } from '../wire/protocol.js';
import type { Query } from './ast.js';
import { type EnvelopeField, isEnvelopeField } from './fields.js';
import { Glob } from './glob.js';
import { compileRegex } from './regex.js';
import { simplify } from './simplify.js';
import { FoldedNeedle, foldWord, isAsciiText, isCaseless, TOKEN_BYTES, tokensOf } from './tokens.js';
import { wordFormBytes, wordFormRoom } from './word-rules.js';

/** One line as the matcher sees it: columns, and the searched text (ANSI stripped; states of a progress bar with CR between, records/states.ts). */
export interface Matchable {
  time: number;
  /** Index into LEVELS. */
  level: number;
  /** Index into SIGNAL_CLASSES. */
  class: number;
  agent: string;
  host: string;
  path: string;
  source: string;
  rule: string | undefined;
  event: string | undefined;
  /** Of a line that came in an envelope, where that or the path tells. */
  stream: string | undefined;
  container: string | undefined;
  pod: string | undefined;
  namespace: string | undefined;
  /** The searched text as UTF-8: bytes[start, end). */
  bytes: Uint8Array;
  start: number;
  end: number;
  /** The same, decoded; asked for by regular expressions alone. */
  text(): string;
}

const CR = 0x0d;

type Predicate = (line: Matchable) => boolean;

/**
 * Says whether a line matches a query, line by line and without an index: live tails and alert rules use it, and
 * stores are tested against it.
 */
export class RowMatcher {
  private readonly predicate: Predicate;

  /** @throws DeadairError `query.invalid` when a `run:` was not resolved or a regular expression is wrong */
  constructor(query: Query) {
    this.predicate = compile(simplify(query));
  }

  matches(line: Matchable): boolean {
    return this.predicate(line);
  }

  matchesRow(row: LogRow): boolean {
    const text = searchedText(row.raw);
    const bytes = new TextEncoder().encode(text);
    return this.predicate({
      time: row.time,
      level: LEVELS.indexOf(row.level),
      class: SIGNAL_CLASSES.indexOf(row.class),
      agent: row.agent,
      host: row.host,
      path: row.path,
      source: row.source,
      rule: row.rule,
      event: row.event,
      stream: row.stream,
      container: row.container,
      pod: row.pod,
      namespace: row.namespace,
      bytes,
      start: 0,
      end: bytes.length,
      text: () => text,
    });
  }

  /** Line `i` of a batch, without decoding it. */
  matchesLine(
    text: BatchText,
    i: number,
    source: Pick<SourceDescriptor, 'id' | 'agent' | 'host' | 'path'>,
  ): boolean {
    const { batch } = text;
    const finding = batch.findings.get(i);
    let { bytes } = batch;
    let start = text.start(i);
    let end = text.end(i);
    if ((batch.flags[i]! & ALTERED) !== 0) {
      const altered = batch.flags[i]! & RecordFlag.carriageReturn ? searchedBytes : shownBytes;
      bytes = altered(bytes, start, end, batch.flags[i]!);
      start = 0;
      end = bytes.length;
    }
    const flags = batch.flags[i]!;
    return this.predicate({
      time: batch.times[i]!,
      level: batch.levels[i]!,
      class: batch.classes[i]!,
      agent: source.agent,
      host: source.host,
      path: source.path,
      source: source.id,
      rule: finding?.rule,
      event: finding?.event,
      stream: streamOf(flags),
      // Asked for by few queries: the envelope is opened then.
      get container() {
        return originOf(batch.bytes, text.start(i), text.end(i), flags, source.path).container;
      },
      get pod() {
        return originOf(batch.bytes, text.start(i), text.end(i), flags, source.path).pod;
      },
      get namespace() {
        return originOf(batch.bytes, text.start(i), text.end(i), flags, source.path).namespace;
      },
      bytes,
      start,
      end,
      text: () => text.searched(i),
    });
  }
}

function compile(query: Query): Predicate {
  switch (query.kind) {
    case 'all':
      return () => true;
    case 'and': {
      const parts = query.parts.map(compile);
      return line => parts.every(part => part(line));
    }
    case 'or': {
      const parts = query.parts.map(compile);
      return line => parts.some(part => part(line));
    }
    case 'not': {
      const part = compile(query.part);
      return line => !part(line);
    }
    case 'word':
      return sequence([foldWord(query.word)], false);
    case 'prefix':
      return sequence([foldWord(query.word)], true);
    case 'phrase':
      return sequence(tokensOf(query.text), query.lastIsPrefix === true);
    case 'substring': {
      if (!isCaseless(query.text)) {
        const folded = query.text.toLowerCase();
        return line => line.text().toLowerCase().includes(folded);
      }
      const needle = new FoldedNeedle(query.text);
      return line => needle.find(line.bytes, line.start, line.end) >= 0;
    }
    case 'regex':
      return regex(query.source, query.ignoreCase);
    case 'field':
      return isEnvelopeField(query.field)
        ? envelopeField(query.field, query.pattern)
        : field(query.field, query.pattern);
    case 'value':
      return ownField(query);
    case 'level': {
      const where = levelsWhere(query.op, query.level);
      const wanted = LEVELS.map((_, rank) => where.has(rank));
      return line => wanted[line.level]!;
    }
    case 'class': {
      const wanted = new Set(query.classes.map(name => SIGNAL_CLASSES.indexOf(name)));
      return line => wanted.has(line.class);
    }
    case 'time': {
      const { from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY } = query;
      return line => line.time >= from && line.time < to;
    }
    case 'run':
      throw new DeadairError(
        'query.invalid',
        `run:${query.name} has to be resolved to times and agents first`,
      );
  }
}

/** What the envelope says, or a field of that name that the line has itself: `{"container":"web"}`. */
function envelopeField(name: EnvelopeField, pattern: string): Predicate {
  const outside = field(name, pattern);
  const inside = ownField({ kind: 'value', name, op: '=', value: pattern });
  return line => outside(line) || inside(line);
}

let readText = '';
let readFields: ReadonlyMap<string, string> = new Map();

/** A query may ask for several fields of a line: they are read once. */
function fieldsOf(text: string): ReadonlyMap<string, string> {
  if (text !== readText) {
    readFields = lineFields(text);
    readText = text;
  }
  return readFields;
}

/** A field the line names itself; where its name is written out, the bytes are looked at before anything is parsed. */
function ownField({ name, op, value }: Extract<Query, { kind: 'value' }>): Predicate {
  const needle = new FoldedNeedle(name.split('.').at(-1)!);
  const written = !ACCESS_FIELDS.has(name.toLowerCase());
  const holds = op === '=' ? valueLike(value) : valueAgainst(name, op, value);
  return line => {
    if (written && needle.find(line.bytes, line.start, line.end) < 0) return false;
    return anyState(line.text(), text => {
      const fields = fieldsOf(text);
      const found = fields.get(name) ?? namedLike(fields, name);
      return found !== undefined && holds(found);
    });
  };
}

function namedLike(fields: ReadonlyMap<string, string>, name: string): string | undefined {
  const folded = name.toLowerCase();
  for (const [key, value] of fields) if (key.toLowerCase() === folded) return value;
  return undefined;
}

function valueLike(pattern: string): (value: string) => boolean {
  const glob = new Glob(pattern);
  return value => glob.matches(value);
}

function valueAgainst(name: string, op: LevelComparison, value: string): (value: string) => boolean {
  const bound = quantityOf(value);
  if (!bound) throw new DeadairError('query.invalid', `"${value}" is not a number, a time or a size`);
  return text => {
    const one = comparable(name, text, bound);
    if (one === undefined) return false;
    if (op === '>=') return one >= bound.value;
    if (op === '>') return one > bound.value;
    return op === '<=' ? one <= bound.value : one < bound.value;
  };
}

/** Words one after the other with nothing but separators between them. */
function sequence(words: string[], lastIsPrefix: boolean): Predicate {
  // A text without words says nothing: every line holds it.
  if (words.length === 0) return () => true;
  const needles = words.map(word => new FoldedNeedle(word));
  const ascii = words.every(isAsciiText);
  const form = new WordForm();
  return line => {
    let { bytes, start, end } = line;
    // Most lines without the word end here, whatever else they hold.
    if (ascii && needles[0]!.find(bytes, start, end) < 0) return false;
    if (!isAscii(bytes.subarray(start, end))) {
      end = form.make(bytes, start, end);
      bytes = form.bytes;
      start = 0;
    }
    for (let from = start; ; ) {
      const at = needles[0]!.find(bytes, from, end);
      if (at < 0) return false;
      if (
        (at === start || TOKEN_BYTES[bytes[at - 1]!] === 0) &&
        follows(needles, bytes, at, end, lastIsPrefix)
      )
        return true;
      from = at + 1;
    }
  };
}

/** A line in the form whose words the tables for bytes find; memory for one line is used again. */
class WordForm {
  bytes = new Uint8Array(1024);

  /** @returns where the form ends in `bytes` */
  make(bytes: Uint8Array, start: number, end: number): number {
    const room = wordFormRoom(end - start);
    if (room > this.bytes.length) this.bytes = new Uint8Array(room);
    return wordFormBytes(bytes, start, end, this.bytes, 0);
  }
}

function follows(
  needles: FoldedNeedle[],
  bytes: Uint8Array,
  from: number,
  end: number,
  lastIsPrefix: boolean,
): boolean {
  let at = from;
  for (const [index, needle] of needles.entries()) {
    if (index > 0) {
      // Words of two states do not follow each other.
      while (at < end && TOKEN_BYTES[bytes[at]!] === 0 && bytes[at] !== CR) at++;
      if (!needle.at(bytes, at, end)) return false;
    }
    at += needle.length;
    const open = at < end && TOKEN_BYTES[bytes[at]!] === 1;
    if (open && !(lastIsPrefix && index === needles.length - 1)) return false;
  }
  return true;
}

function regex(source: string, ignoreCase: boolean): Predicate {
  const compiled = compileRegex(source, ignoreCase);
  const needles = compiled.literals?.map(literal => new FoldedNeedle(literal));
  return line =>
    (needles === undefined || needles.some(needle => needle.find(line.bytes, line.start, line.end) >= 0)) &&
    anyState(line.text(), compiled.test);
}

/** Whether it holds for the text, or for one of its states. */
function anyState(text: string, holds: (state: string) => boolean): boolean {
  return text.includes('\r') ? text.split('\r').some(holds) : holds(text);
}

function field(name: Extract<Query, { kind: 'field' }>['field'], pattern: string): Predicate {
  const glob = new Glob(pattern);
  // Sources repeat from line to line: the last answer is nearly always the next.
  let lastValue: string | undefined;
  let lastAnswer = false;
  return line => {
    const value = line[name];
    if (value === undefined) return false;
    if (value !== lastValue) {
      lastValue = value;
      lastAnswer = glob.matches(value);
    }
    return lastAnswer;
  };
}
