import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { describedApi } from '../../scripts/reference/api.js';
import { typesOf } from '../../src/http/openapi-types.js';
import { packageRoot } from '../../src/platform/package-root.js';

test("the page's types are what the API says of itself (npm run docs:reference writes them)", async () => {
  const file = path.join(packageRoot, 'src', 'web', 'page', 'api', 'generated.ts');
  assert.equal(readFileSync(file, 'utf8'), typesOf(await describedApi()));
});

for (const [schema, type] of [
  [{ type: 'string' }, 'string'],
  [{ type: 'integer' }, 'number'],
  [{ enum: ['a', 'b'] }, '"a" | "b"'],
  [{ type: 'array', items: { enum: ['a', 'b'] } }, '("a" | "b")[]'],
  [{ anyOf: [{ type: 'string' }, { type: 'null' }] }, 'string | null'],
  [{ $ref: '#/components/schemas/Error' }, 'Error'],
  [{ type: 'object', additionalProperties: { type: 'number' } }, 'Record<string, number>'],
] as const)
  test(`${JSON.stringify(schema)} is ${type} in TypeScript`, () => {
    const document = {
      paths: {
        '/x': {
          get: { parameters: [], responses: { 200: { content: { 'application/json': { schema } } } } },
        },
      },
      components: { schemas: {} },
    };
    assert.ok(typesOf(document).includes(`reply: ${type};`));
  });
