import { z } from 'zod';
import { RawReply, type Route, route } from '../http/route.js';
import type { Clock } from '../platform/clock.js';
import { findRun, RUN_WORDS } from '../runs/find.js';
import { buildPostMortem } from './build.js';
import { collectInputs, type ReportSources } from './collect.js';
import { renderHtml } from './html.js';
import { toJson } from './json.js';
import { renderMarkdown } from './markdown.js';
import type { PostMortem } from './model.js';

const REPORT_FORMATS = ['html', 'md', 'json'] as const;
export type ReportFormat = (typeof REPORT_FORMATS)[number];

const RENDERERS: Record<ReportFormat, { type: string; render: (report: PostMortem) => string }> = {
  html: { type: 'text/html; charset=utf-8', render: renderHtml },
  md: { type: 'text/markdown; charset=utf-8', render: renderMarkdown },
  json: { type: 'application/json; charset=utf-8', render: report => JSON.stringify(toJson(report)) },
};

/** `/v1/postmortem`: made anew at each call, so a run still going has one, too. */
export function reportRoutes(sources: ReportSources, clock: Clock): Route[] {
  return [
    route({
      method: 'get',
      path: '/v1/postmortem',
      summary: 'The post-mortem of a run: one HTML file that opens offline, Markdown or JSON',
      description: 'The newest run unless `run` names one.',
      tag: 'runs',
      auth: 'read',
      query: z.strictObject({
        run: z.string().min(1).max(200).optional().describe(`The run: ${RUN_WORDS}`),
        format: z.enum(REPORT_FORMATS).default('html'),
      }),
      reply: new RawReply('text/html', 'The report'),
      handler: async ({ query, res }) => {
        const run = findRun(await sources.runs(), query.run);
        const report = buildPostMortem(await collectInputs(sources, run, clock.now()));
        const { type, render } = RENDERERS[query.format];
        res.setHeader('Content-Type', type);
        // The report holds the words of logs; it needs no script, so none may run.
        res.setHeader('Content-Security-Policy', "default-src 'none'; style-src 'unsafe-inline'");
        res.end(render(report));
      },
    }),
  ];
}
