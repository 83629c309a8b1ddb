import { IDS } from '../../src/kibana/ids.js';
import { FAULT_CLASSES } from '../../src/model/vocabulary.js';
import type { Reference } from '../saved-object.js';

export const tagReference: Reference = { id: IDS.tag, name: `tag-ref-${IDS.tag}`, type: 'tag' };

export function viewReference(name: string, view: string): Reference {
  return { id: view, name, type: 'index-pattern' };
}

export const FAULTS = `deadair.class : (${FAULT_CLASSES.join(' or ')})`;
