import { IDS } from '../../src/kibana/ids.js';
import type { Reference } from '../saved-object.js';

export const tagReference: Reference = { id: IDS.tag, name: `tag-ref-${IDS.tag}`, type: 'tag' };

export function viewReference(name: string, view: string): Reference {
  return { id: view, name, type: 'index-pattern' };
}

/** Classes that are faults; `recovered` and `none` are not. */
export const FAULT_CLASSES = ['timeout', 'disconnect', 'refused', 'dns', 'tls'];
export const FAULTS = `deadair.class : (${FAULT_CLASSES.join(' or ')})`;
