import { createRequire } from 'node:module';
import path from 'node:path';
import type { Express, Response } from 'express';
import { packageRoot } from '../platform/package-root.js';

/**
 * Nothing from outside, nothing inline: a log line that became markup by mistake still could not run or send
 * anything. Styles set by scripts through the CSSOM need no exception.
 */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Markup and styles come from the source tree, scripts from the build; `vendor/` is uplot as npm installed it. */
export function mountPage(app: Express): void {
  const source = path.join(packageRoot, 'src', 'web', 'page');
  const built = path.join(packageRoot, 'dist', 'src', 'web', 'page');
  const uplot = path.dirname(createRequire(import.meta.url).resolve('uplot'));

  app.get('/', (_req, res) => {
    pageHeaders(res);
    res.sendFile('index.html', { root: source });
  });
  app.get('/page/vendor/uplot.js', (_req, res) => {
    pageHeaders(res);
    res.sendFile('uPlot.esm.js', { root: uplot });
  });
  app.get('/page/vendor/uplot.css', (_req, res) => {
    pageHeaders(res);
    res.sendFile('uPlot.min.css', { root: uplot });
  });
  app.get('/page/:file', (req, res, next) => {
    const { file } = req.params;
    const root = /^[a-z-]+\.js$/.test(file) ? built : /^[a-z-]+\.(css|svg)$/.test(file) ? source : undefined;
    if (!root) {
      next();
      return;
    }
    pageHeaders(res);
    res.sendFile(file, { root }, error => {
      if (error && !res.headersSent) next();
    });
  });
}

function pageHeaders(res: Response): void {
  res.setHeader('Content-Security-Policy', CONTENT_SECURITY_POLICY);
  // Answered with an ETag and asked again each time: an update of the service is an update of the page.
  res.setHeader('Cache-Control', 'no-cache');
}
