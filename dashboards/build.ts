// Writes dashboards/deadair.ndjson from dashboards/source: npm run kibana:build
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { packageRoot } from '../src/platform/package-root.js';
import { allObjects } from './objects.js';
import { toNdjson } from './saved-object.js';
import { validate } from './validate/validate.js';

const ndjson = toNdjson(allObjects());
const problems = validate(ndjson);
if (problems.length > 0) {
  for (const problem of problems) console.error(problem);
  process.exit(1);
}
writeFileSync(path.join(packageRoot, 'dashboards', 'deadair.ndjson'), ndjson);
