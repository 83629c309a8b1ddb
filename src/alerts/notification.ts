import { type AlertItem, buildMessage } from './message.js';
import type { Notification, Stored } from './records.js';

/** A message that is to be sent, as it is recorded before that. @param now ms since the epoch */
export function pending(about: {
  id: string;
  channel: string;
  group: string;
  incidents: string[];
  items: AlertItem[];
  now: number;
}): Stored<Notification> {
  const { id, channel, group, incidents, items, now } = about;
  return {
    id,
    channel,
    group,
    incidents,
    message: buildMessage(id, now, items),
    status: 'pending',
    createdAt: now,
    attempts: 0,
    nextAttemptAt: now,
  };
}
