/** Amounts in words: how many, and how much data. */

/** Made when first wanted: it costs 13 ms of CPU, and every thread that words an error would pay at its start. */
let count: Intl.NumberFormat | undefined;
const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

/** `1,234,567`. */
export function countWords(number: number): string {
  count ??= new Intl.NumberFormat('en');
  return count.format(number);
}

/** `1 line`, `1,200 lines`, `2 queries`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${countWords(count)} ${count === 1 ? one : many}`;
}

/** `the other agent`, `the other 3 agents`. */
export function theOther(count: number, one: string): string {
  return count === 1 ? `the other ${one}` : `the other ${plural(count, one)}`;
}

/** `512 B`, `9.8 KiB`, `120 MiB`: amounts of data, everywhere in the units of files (1 KiB = 1,024 bytes). */
export function sizeWords(bytes: number): string {
  let value = bytes;
  let unit = 0;
  // What would be rounded to 1024 of a unit is one of the next.
  while (Math.round(value) >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  const tenths = Math.round(value * 10) / 10;
  return `${unit === 0 || value >= 100 ? Math.round(value) : tenths} ${UNITS[unit]}`;
}
