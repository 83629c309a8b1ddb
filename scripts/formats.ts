// Prints the line formats that are read (test/reading/table), or with --write the page of them: npm run formats
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { packageRoot } from '../src/platform/package-root.js';
import { formatsPage, formatsText } from '../test/reading/table/page.js';

if (process.argv.includes('--write'))
  writeFileSync(path.join(packageRoot, 'docs', 'reference', 'formats.md'), formatsPage());
else console.log(formatsText());
