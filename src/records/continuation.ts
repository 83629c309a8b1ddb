import { isRustPanic, startsWith } from './openings.js';
import { digitAt, isLetter } from './stamp.js';

/** What kind of trace the last lines were part of. Kept in the parser's state, so the numbers are fixed. */
const Trace = { None: 0, Python: 1, PythonEnd: 2, RustMessage: 3, Go: 4 } as const;

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const PYTHON = encode('Traceback (most recent call last)');
const AT = encode('at ');
const MORE = encode('... ');
const GOROUTINE = encode('goroutine ');
const CREATED_BY = encode('created by ');
const EXIT_STATUS = encode('exit status ');
const CAUGHT = encode('> File "');
/** Erlang's and Elixir's reports: `** Reason for termination ==`, `** (exit) an exception was raised:`. */
const STARS = encode('** ');
const RUBY_IN = encode(':in ');
const MAIN = encode('{main}');
const INTERNAL = encode('[internal function]');
/** Lines that go on with the one above whatever that is. */
const OPENINGS = [
  'Caused by:',
  'Suppressed:',
  'During handling of the above exception',
  'The above exception was the direct cause',
  'note: run with ',
  'note: Some details are omitted',
  'stack backtrace:',
  'Stack backtrace:',
  'Stack trace:',
  '[stacktrace]',
  '--- End of ',
].map(encode);
const OPENS = new Uint8Array(256);
for (const opening of OPENINGS) OPENS[opening[0]!] = 1;

/**
 * Tells whether a line belongs to the record above it: stack traces of Java, Python, Rust, Go, Node and C#, anyhow's
 * `Caused by:` lists, and indented lines. A line with a timestamp or a level of its own never does.
 */
export class ContinuationTracker {
  trace: number = Trace.None;
  /** A record stands above. */
  hasHead = false;
  /** That record had a timestamp and a level of error or worse. */
  headIsError = false;
  /** That record had a timestamp. */
  headHasTime = false;

  /**
   * @param first place of the first byte that isn't blank; `end` for an empty line
   * @param ownTime the line has a timestamp
   * @param prefixed the line has a level where loggers put it
   */
  isContinuation(
    bytes: Uint8Array,
    start: number,
    first: number,
    end: number,
    ownTime: boolean,
    prefixed: boolean,
  ): boolean {
    if (first >= end) return this.hasHead;
    if (ownTime || prefixed) {
      this.head();
      // `ERROR Traceback (most recent call last):`: the trace was logged as a message.
      if (bytes[end - 1] === 0x3a && startsWith(bytes, end - 1 - PYTHON.length, end, PYTHON))
        this.trace = Trace.Python;
      return false;
    }
    const byte = bytes[first]!;
    if (this.trace === Trace.RustMessage) {
      this.trace = Trace.None;
      return true;
    }
    if (startsWith(bytes, first, end, PYTHON)) {
      const belongs = this.hasHead && (this.headIsError || this.trace === Trace.PythonEnd);
      if (!belongs) this.head();
      this.trace = Trace.Python;
      return belongs;
    }
    if (first > start) return this.hasHead && !isSymbol(bytes, first) ? true : this.head();
    // Loguru marks the frame where an exception was caught.
    if (this.trace === Trace.Python && startsWith(bytes, first, end, CAUGHT)) return true;
    if (this.trace === Trace.Python && isExceptionLine(bytes, first, end, false)) {
      this.trace = Trace.PythonEnd;
      return true;
    }
    if (OPENS[byte] === 1)
      for (const opening of OPENINGS) if (startsWith(bytes, first, end, opening)) return this.hasHead;
    if (byte === 0x61 && startsWith(bytes, first, end, AT) && bytes[end - 1] === 0x29) return this.hasHead;
    if (byte === 0x2e && startsWith(bytes, first, end, MORE)) return this.hasHead;
    if (byte === 0x67 && startsWith(bytes, first, end, GOROUTINE) && digitAt(bytes, first + 10, end) <= 9) {
      this.trace = Trace.Go;
      return this.hasHead;
    }
    if (this.trace === Trace.Go && isGoFrame(bytes, first, end)) return true;
    if (isCloser(bytes, first, end)) return this.hasHead;
    if (byte === 0x23 && isNumberedFrame(bytes, first, end)) return this.hasHead;
    if (byte === 0x2a && this.headIsError && startsWith(bytes, first, end, STARS)) return true;
    if (bytes[end - 1] === 0x27 && this.headHasTime && isRubyFrame(bytes, first, end)) return true;
    if (this.headHasTime && isExceptionLine(bytes, first, end, true)) return true;
    this.head();
    if (byte === 0x74 && isRustPanic(bytes, first, end) && bytes[end - 1] === 0x3a)
      this.trace = Trace.RustMessage;
    return false;
  }

  private head(): false {
    this.trace = Trace.None;
    this.hasHead = true;
    return false;
  }
}

/** Emoji and check marks open a message of their own, however far it is indented; arrows and lines of a tree don't. */
function isSymbol(bytes: Uint8Array, first: number): boolean {
  const byte = bytes[first]!;
  if (byte === 0xf0) return true;
  const second = bytes[first + 1]!;
  return byte === 0xe2 && second !== 0x80 && second !== 0x86 && second !== 0x94 && second !== 0x95;
}

/** `main.(*Agent).Run(0xc000…)`, `created by net/http.(*Server).Serve`, `exit status 2`. */
function isGoFrame(bytes: Uint8Array, first: number, end: number): boolean {
  return (
    bytes[end - 1] === 0x29 ||
    startsWith(bytes, first, end, CREATED_BY) ||
    startsWith(bytes, first, end, EXIT_STATUS)
  );
}

/** Nothing but closing brackets, commas and semicolons: the end of printed JSON or of a structure. */
function isCloser(bytes: Uint8Array, first: number, end: number): boolean {
  // `"}` ends a JSON context whose text had newlines (Monolog).
  const open = bytes[first] === 0x22 ? first + 1 : first;
  const byte = bytes[open]!;
  if (byte !== 0x7d && byte !== 0x5d && byte !== 0x29) return false;
  for (let i = open + 1; i < end; i++) {
    const c = bytes[i]!;
    if (c !== 0x7d && c !== 0x5d && c !== 0x29 && c !== 0x2c && c !== 0x3b && c !== 0x20) return false;
  }
  return true;
}

/**
 * `#0 /var/www/x.php(10): foo()`, `#1 [internal function]: x()`, `#2 {main}` (PHP), `#3  0x00007f6e in main ()` (gdb); not BuildKit's
 * `#5 [internal] load`, which numbers its steps.
 */
function isNumberedFrame(bytes: Uint8Array, first: number, end: number): boolean {
  let at = first + 1;
  while (digitAt(bytes, at, end) <= 9) at++;
  if (at === first + 1 || at - first > 5 || bytes[at] !== 0x20) return false;
  const next = bytes[at + 1];
  if (next === 0x20 || startsWith(bytes, at + 1, end, MAIN) || startsWith(bytes, at + 1, end, INTERNAL))
    return true;
  for (let i = at + 1; i < Math.min(end, at + 300); i++)
    if (bytes[i] === 0x29 && bytes[i + 1] === 0x3a && digitAt(bytes, i - 1, end) <= 9) return true;
  return false;
}

/** ``/app/x.rb:10:in `foo'`` and, from Ruby 3.4 on, `'Foo#bar'`: what a logged exception's backtrace consists of. */
function isRubyFrame(bytes: Uint8Array, first: number, end: number): boolean {
  for (let at = first; at < Math.min(end, first + 300); at++) {
    if (bytes[at] !== 0x3a || digitAt(bytes, at - 1, end) > 9 || !startsWith(bytes, at, end, RUBY_IN))
      continue;
    const quote = bytes[at + RUBY_IN.length];
    return quote === 0x60 || quote === 0x27;
  }
  return false;
}

const SUFFIXES = ['Exception', 'Error', 'Throwable'].map(encode);

/**
 * A class name up to the line's end or a colon: `ValueError: bad`, `java.net.ConnectException: Connection refused`.
 * @param strict dotted and ending as exceptions do; else any name (`KeyboardInterrupt`, `requests.exceptions.Timeout`)
 */
function isExceptionLine(bytes: Uint8Array, first: number, end: number, strict: boolean): boolean {
  let at = first;
  let dotted = false;
  while (at < end && at - first < 200) {
    const byte = bytes[at]!;
    if (byte === 0x2e) dotted = true;
    else if (!isLetter(byte) && byte !== 0x5f && byte !== 0x24 && digitAt(bytes, at, end) > 9) break;
    at++;
  }
  if (at === first || (at < end && bytes[at] !== 0x3a)) return false;
  if (!strict) return true;
  return (
    dotted &&
    SUFFIXES.some(suffix => at - suffix.length > first && startsWith(bytes, at - suffix.length, at, suffix))
  );
}
