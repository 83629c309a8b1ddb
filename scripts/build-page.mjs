// Part of the build: the page's modules, Preact and uPlot in one script, its styles in one sheet, both named by what they
// hold (so a browser may keep them for ever), and each beside it compressed as well as it goes, which costs nothing when
// it is served. esbuild is a development dependency: what the service runs is only dist/src/web/page/bundle.
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import { build } from 'esbuild';

const source = path.join('src', 'web', 'page');
const target = path.join('dist', 'src', 'web', 'page', 'bundle');

const { outputFiles } = await build({
  entryPoints: [path.join(source, 'main.tsx'), path.join(source, 'styles', 'page.css')],
  entryNames: '[name]-[hash]',
  outdir: target,
  bundle: true,
  minify: true,
  write: false,
  format: 'esm',
  target: ['es2022', 'chrome123', 'firefox120', 'safari17.5'],
  jsx: 'automatic',
  jsxImportSource: 'preact',
  legalComments: 'none',
  logLevel: 'warning',
});

rmSync(target, { recursive: true, force: true });
mkdirSync(target, { recursive: true });

function place(name, bytes) {
  writeFileSync(path.join(target, name), bytes);
  writeFileSync(path.join(target, `${name}.gz`), gzipSync(bytes, { level: 9 }));
  writeFileSync(
    path.join(target, `${name}.br`),
    brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }),
  );
}

let html = readFileSync(path.join(source, 'index.html'), 'utf8');
for (const file of outputFiles) {
  const name = path.basename(file.path).toLowerCase();
  place(name, file.contents);
  html = html.replace(name.endsWith('.css') ? 'page.css' : 'main.js', name);
}
const icon = readFileSync(path.join(source, 'icon.svg'));
const iconName = `icon-${createHash('sha256').update(icon).digest('hex').slice(0, 8)}.svg`;
place(iconName, icon);
place('index.html', Buffer.from(html.replace('icon.svg', iconName)));
