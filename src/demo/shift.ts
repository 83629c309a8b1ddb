/**
 * Moves the RFC 3339 timestamps at the heads of a log's lines, byte for byte as long as before, so that offsets stay
 * what they were. Colour codes around them stay, too.
 *
 * @param move ms since the epoch to ms since the epoch
 */
const STAMP = /^((?:\x1b\[[0-9;]*m)*)(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?Z/gm;

export function shiftTimestamps(log: Buffer, move: (at: number) => number): Buffer {
  const shifted = log
    .toString('latin1')
    .replace(STAMP, (whole, colour: string, seconds: string, fraction: string | undefined) => {
      const at = Date.parse(`${seconds}Z`);
      if (Number.isNaN(at)) return whole;
      // Moved by whole milliseconds; finer digits go through unchanged.
      const digits = fraction?.slice(1) ?? '';
      const millis = Number(digits.slice(0, 3).padEnd(3, '0'));
      const moved = new Date(Math.round(move(at + millis))).toISOString();
      const kept =
        digits === '' ? '' : `.${`${moved.slice(20, 23)}${digits.slice(3)}`.slice(0, digits.length)}`;
      return `${colour}${moved.slice(0, 19)}${kept}Z`;
    });
  return Buffer.from(shifted, 'latin1');
}
