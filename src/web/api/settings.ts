import { z } from 'zod';
import { type Route, route } from '../../http/route.js';

/** One setting as people are shown it. */
export const SettingReply = z.object({
  name: z.string().describe('As deadair.yaml names it, such as store.retention.maxAge'),
  value: z.string().describe('In words, without what is secret'),
  usual: z.boolean().describe('It is the default'),
  says: z.string().describe('What it does'),
});

/** What the service goes by; for who may change it. */
export function settingRoutes({ settings }: { settings: () => z.infer<typeof SettingReply>[] }): Route[] {
  return [
    route({
      method: 'get',
      path: '/v1/settings',
      summary: 'The settings the service runs with, without what is secret',
      tag: 'service',
      auth: 'admin',
      reply: z.object({ settings: z.array(SettingReply) }),
      handler: () => ({ settings: settings() }),
    }),
  ];
}
