import { register } from 'node:module';

// `node --import trace-imports.js`: writes the address of each module that is loaded to standard error.
register(
  `data:text/javascript,${encodeURIComponent(`
    import { writeSync } from 'node:fs';
    export async function load(url, context, next) {
      writeSync(2, url + '\\n');
      return next(url, context);
    }`)}`,
);
