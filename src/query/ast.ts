import type { Level, LevelComparison, SignalClass } from '../model/vocabulary.js';

/** The query language's tree: one grammar for command line, page, API and alert rules. */
export type Query =
  | { kind: 'all' }
  | { kind: 'and'; parts: Query[] }
  | { kind: 'or'; parts: Query[] }
  | { kind: 'not'; part: Query }
  /** A whole word, any case; words are runs of letters, digits and underscore. */
  | { kind: 'word'; word: string }
  | { kind: 'prefix'; word: string }
  /**
   * The words of the text one after the other, any case, whatever stands between them (query/tokens.ts splits);
   * `lastIsPrefix`: the last one need only begin so (`10.77*`).
   */
  | { kind: 'phrase'; text: string; lastIsPrefix?: boolean }
  /** `*text*`: anywhere, also inside words. */
  | { kind: 'substring'; text: string }
  | { kind: 'regex'; source: string; ignoreCase: boolean }
  | {
      kind: 'field';
      field:
        | 'agent'
        | 'host'
        | 'path'
        | 'source'
        | 'rule'
        | 'event'
        /** What a line's envelope tells (records/envelope.ts), or the path its runtime gave the file. */
        | 'stream'
        | 'container'
        | 'pod'
        | 'namespace';
      pattern: string;
    }
  /**
   * A field that the line names itself (records/line-fields.ts). `=`: a pattern like a field's; else a number, a time (`1.5s`)
   * or a size (`4MiB`).
   */
  | { kind: 'value'; name: string; op: LevelComparison; value: string }
  | { kind: 'level'; op: LevelComparison; level: Level }
  | { kind: 'class'; classes: SignalClass[] }
  /** Resolved to times and agents before a store sees it. */
  | { kind: 'run'; name: string }
  | { kind: 'time'; from?: number; to?: number };
