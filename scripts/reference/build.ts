// Writes what is made from the code: the generated pages of docs/reference and the page's types of the API.
// npm run docs:reference
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { typesOf } from '../../src/http/openapi-types.js';
import { packageRoot } from '../../src/platform/package-root.js';
import { describedApi } from './api.js';
import { referencePages } from './pages.js';

for (const [name, text] of await referencePages())
  writeFileSync(path.join(packageRoot, 'docs', 'reference', name), text);
writeFileSync(
  path.join(packageRoot, 'src', 'web', 'page', 'api', 'generated.ts'),
  typesOf(await describedApi()),
);
