import { parse } from 'node-cron';
import type { MaintenanceWindow } from './settings.js';

const MINUTE = 60_000;

/**
 * When the window that holds at `at` ends; undefined outside of it. Scheduled windows begin at the wall clock of
 * their zone; one whose beginning the change to summer time leaps over begins at the leap.
 */
export function maintenanceUntil(window: MaintenanceWindow, at: number): number | undefined {
  if ('from' in window) {
    const to = Date.parse(window.to);
    return at >= Date.parse(window.from) && at < to ? to : undefined;
  }
  const fields = parse(window.schedule);
  const wall = wallClock(window.timeZone);
  const newest = Math.floor(at / MINUTE) * MINUTE;
  // Backwards from now, so that of overlapping repetitions the latest decides the end. At most one week of minutes.
  for (let start = newest; start > at - window.duration; start -= MINUTE) {
    if (fires(fields, wall(start), wall(start - MINUTE))) return start + window.duration;
  }
  return undefined;
}

type Fields = ReturnType<typeof parse>;

function fires(fields: Fields, wall: number, before: number): boolean {
  if (matchesWall(fields, wall)) return true;
  for (let leapt = before + MINUTE; leapt < wall; leapt += MINUTE)
    if (matchesWall(fields, leapt)) return true;
  return false;
}

/** @param wall the zone's wall clock as if it were UTC */
function matchesWall(fields: Fields, wall: number): boolean {
  const date = new Date(wall);
  if (!fields.minute.includes(date.getUTCMinutes())) return false;
  if (!fields.hour.includes(date.getUTCHours())) return false;
  if (!fields.month.includes(date.getUTCMonth() + 1)) return false;
  const day = fields.dayOfMonth.includes(date.getUTCDate());
  const weekdays = fields.dayOfWeek.map(d => Number(d) % 7);
  const weekday = weekdays.includes(date.getUTCDay());
  // As in cron: where both are restricted, either is enough.
  const both = fields.dayOfMonth.length < 31 && new Set(weekdays).size < 7;
  return both ? day || weekday : day && weekday;
}

function wallClock(timeZone: string): (at: number) => number {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone,
    hourCycle: 'h23',
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
  });
  return at => {
    const part: { [type: string]: number } = {};
    for (const { type, value } of format.formatToParts(at)) part[type] = Number(value);
    return Date.UTC(part.year!, part.month! - 1, part.day!, part.hour!, part.minute!);
  };
}
