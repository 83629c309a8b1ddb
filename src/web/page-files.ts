import { existsSync } from 'node:fs';
import path from 'node:path';
import type { Express, Request, Response } from 'express';
import { DeadairError } from '../platform/errors.js';
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

/** Files are named by what they hold: the same name never means other bytes. */
const FOR_EVER = 'public, max-age=31536000, immutable';
const TYPES: Record<string, string> = {
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.html': 'text/html; charset=utf-8',
};

/** Serves what scripts/build-page.mjs made, each file as it lies there compressed. */
export function mountPage(app: Express): void {
  const bundle = path.join(packageRoot, 'dist', 'src', 'web', 'page', 'bundle');
  app.get('/', (req, res, next) => {
    if (!existsSync(path.join(bundle, 'index.html')))
      throw new DeadairError('not-found', 'The page is not built; run `npm run build` and start again.');
    // Asked again each time, answered with 304: an update of the service is an update of the page.
    send(req, res, next, bundle, 'index.html', 'no-cache');
  });
  app.get('/page/:file', (req, res, next) => {
    const { file } = req.params;
    if (/^[a-z]+-[a-z0-9]{8}\.(js|css|svg)$/.test(file)) send(req, res, next, bundle, file, FOR_EVER);
    else next();
  });
}

function send(
  req: Request,
  res: Response,
  next: () => void,
  root: string,
  file: string,
  cacheControl: string,
): void {
  const encoding = req.acceptsEncodings('br', 'gzip', 'identity');
  const suffix = encoding === 'br' ? '.br' : encoding === 'gzip' ? '.gz' : '';
  res.setHeader('Content-Security-Policy', CONTENT_SECURITY_POLICY);
  res.setHeader('Cache-Control', cacheControl);
  res.setHeader('Vary', 'Accept-Encoding');
  res.setHeader('Content-Type', TYPES[path.extname(file)] ?? 'application/octet-stream');
  if (suffix !== '') res.setHeader('Content-Encoding', String(encoding));
  res.sendFile(file + suffix, { root, cacheControl: false }, error => {
    if (!error || res.headersSent) return;
    for (const name of ['Content-Encoding', 'Content-Type', 'Cache-Control']) res.removeHeader(name);
    next();
  });
}
