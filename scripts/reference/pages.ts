import { apiPage } from './api.js';
import { configurationPage } from './configuration.js';
import { errorsPage } from './errors.js';

/** The generated pages of docs/reference by file name. */
export async function referencePages(): Promise<Map<string, string>> {
  return new Map([
    ['configuration.md', configurationPage()],
    ['errors.md', errorsPage()],
    ['api.md', await apiPage()],
  ]);
}
