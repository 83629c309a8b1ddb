import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { packageRoot } from '../../src/platform/package-root.js';

const FOLDER = path.join(packageRoot, 'src', 'store', 'elasticsearch', 'templates');

interface Mapping {
  type?: string;
  index?: boolean;
  doc_values?: boolean;
  properties?: Record<string, Mapping>;
}

export interface Field {
  type: string;
  searchable: boolean;
  /** Has doc values, so that it can be sorted by and counted. */
  aggregatable: boolean;
}

interface TemplateFile {
  index_patterns?: string[];
  composed_of?: string[];
  template?: { mappings?: { properties?: Record<string, Mapping> } };
}

/** Fields of every index or data stream that Deadair's templates describe, by the template's index pattern. */
export function templateFields(): Map<string, Map<string, Field>> {
  const files = new Map(
    readdirSync(FOLDER)
      .filter(name => name.endsWith('.json'))
      .map(name => [
        name.replace('.json', ''),
        JSON.parse(readFileSync(path.join(FOLDER, name), 'utf8')) as TemplateFile,
      ]),
  );
  const found = new Map<string, Map<string, Field>>();
  for (const template of files.values())
    for (const pattern of template.index_patterns ?? []) {
      const fields = new Map<string, Field>();
      for (const part of template.composed_of ?? []) {
        const component = files.get(part.replace(/^deadair-/, 'component-'));
        collect(component?.template?.mappings?.properties ?? {}, '', fields);
      }
      collect(template.template?.mappings?.properties ?? {}, '', fields);
      found.set(pattern, fields);
    }
  return found;
}

function collect(properties: Record<string, Mapping>, prefix: string, into: Map<string, Field>): void {
  for (const [name, mapping] of Object.entries(properties)) {
    const full = prefix + name;
    if (mapping.properties) collect(mapping.properties, `${full}.`, into);
    else if (mapping.type !== undefined)
      into.set(full, {
        type: mapping.type,
        searchable: mapping.index !== false,
        aggregatable: mapping.type !== 'text' && mapping.doc_values !== false,
      });
  }
}
