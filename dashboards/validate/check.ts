import type { z } from 'zod';
import type { SavedObject } from '../saved-object.js';
import type { Field } from './fields.js';

/** What the checks of one object share. */
export interface ObjectCheck {
  object: SavedObject;
  /** Notes a problem of this object. */
  fail(message: string): void;
  /** JSON inside JSON, held to a schema. */
  parsed<T>(label: string, text: unknown, schema: z.ZodType<T>): T | undefined;
  /** The id a reference of this name and type points to; an unused reference is a problem at the end. */
  reference(name: string, type: string): string | undefined;
  /** Fields of a data view of the file, runtime fields included. */
  fields(view: string | undefined): Map<string, Field> | undefined;
  /** Fields of the indices that a template of ours makes for this pattern. */
  pattern(title: string): Map<string, Field> | undefined;
  /** An object of this type and id is in the file. */
  knows(type: SavedObject['type'], id: string): boolean;
  /** A query in the subset of KQL whose fields the view can be asked for. */
  query(kql: string, fields: Map<string, Field> | undefined): void;
}
