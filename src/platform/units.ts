import { z } from 'zod';

const DURATION = new Map([
  ['ms', 1],
  ['s', 1000],
  ['m', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
  ['w', 604_800_000],
]);
const SIZE = new Map([
  ['', 1],
  ['B', 1],
  ['KB', 1e3],
  ['MB', 1e6],
  ['GB', 1e9],
  ['TB', 1e12],
  ['KIB', 2 ** 10],
  ['MIB', 2 ** 20],
  ['GIB', 2 ** 30],
  ['TIB', 2 ** 40],
]);

/** A time span as people write it, `60s`, `15m`, `2h`, `7d`; milliseconds inside. */
export const Duration = z
  .string()
  .transform((text, context) => {
    const match = /^(\d+(?:\.\d+)?)\s*(ms|s|m|h|d|w)$/.exec(text.trim());
    if (match) return Number(match[1]) * DURATION.get(match[2]!)!;
    context.addIssue({
      code: 'custom',
      message: `"${text}" is no time span; write for example 30s, 15m, 2h or 7d`,
    });
    return z.NEVER;
  })
  .meta({ title: 'time span' });

/** A size as people write it, `512MiB`, `20GB`, or a number of bytes; bytes inside. */
export const Size = z
  .union([z.string(), z.number()])
  .transform((value, context) => {
    const match = /^(\d+(?:\.\d+)?)\s*([A-Za-z]*)$/.exec(String(value).trim());
    const unit = match ? SIZE.get(match[2]!.toUpperCase()) : undefined;
    if (match && unit !== undefined) return Math.round(Number(match[1]) * unit);
    context.addIssue({ code: 'custom', message: `"${value}" is no size; write for example 512MiB or 20GB` });
    return z.NEVER;
  })
  .meta({ title: 'size' });
