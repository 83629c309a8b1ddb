// Writes the generated pages of docs/reference: npm run docs:reference
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { packageRoot } from '../../src/platform/package-root.js';
import { referencePages } from './pages.js';

for (const [name, text] of await referencePages())
  writeFileSync(path.join(packageRoot, 'docs', 'reference', name), text);
